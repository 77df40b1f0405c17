namespace Experiments.Models.Tokenizers;

/// <summary>What all ids of a tokenizer stand for. Ids may have gaps.</summary>
internal sealed class TokenTable
{
    private readonly Dictionary<int, (string Text, Func<string, TokenText> Read)> _tokens = [];

    /// <summary>One more than the largest id.</summary>
    internal int Count { get; private set; }

    /// <summary>The entry of an id; an unknown one where there is none.</summary>
    internal TokenText this[int id] => _tokens.TryGetValue(id, out var token) ? token.Read(token.Text) : TokenText.Unknown with { Piece = $"<{id}>" };

    internal bool Contains(int id) => _tokens.ContainsKey(id);

    /// <summary>Sets an entry, in place of one that was there.</summary>
    /// <param name="id">Token id.</param>
    /// <param name="text">Its text in the file.</param>
    /// <param name="read">What that means; asked when it is needed.</param>
    internal void Set(int id, string text, Func<string, TokenText> read)
    {
        _tokens[id] = (text, read);
        Count = Math.Max(Count, id + 1);
    }

    /// <summary>Sets entries that a model adds to its vocabulary.</summary>
    internal void Add(IEnumerable<AddedToken> added)
    {
        foreach (var token in added)
        {
            Set(token.Id, token.Text, token.IsSpecial ? TokenText.Control : TokenText.Literal);
        }
    }
}
