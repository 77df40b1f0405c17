namespace Experiments.Models.Tokenizers;

/// <summary>What becomes of the text that a pattern finds, by the names of Hugging Face's tokenizers.</summary>
internal enum SplitBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>It is a word of its own.</summary>
    Isolated,

    /// <summary>It ends the word before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the word behind it.</summary>
    MergedWithNext,
}
