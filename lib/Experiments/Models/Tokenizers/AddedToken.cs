namespace Experiments.Models.Tokenizers;

/// <summary>A token beside the vocabulary's own that is found in text as a whole.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Text">What it looks like.</param>
internal sealed record AddedToken(int Id, string Text)
{
    /// <summary>Whether it is a marker, which text means only where that is asked for.</summary>
    internal bool IsSpecial { get; init; }

    /// <summary>Whether it is looked for behind the normalisation.</summary>
    internal bool Normalized { get; init; }

    /// <summary>Whether it takes the white space before it.</summary>
    internal bool LeftStrip { get; init; }

    /// <summary>Whether it takes the white space behind it.</summary>
    internal bool RightStrip { get; init; }

    /// <summary>Whether it is found between word boundaries only.</summary>
    internal bool SingleWord { get; init; }
}
