using System.Text;

namespace Experiments.Interpretability;

/// <summary>What a token is in a text, for statistics of who receives attention.</summary>
public enum TokenClass
{
    /// <summary>Beginning of sequence.</summary>
    Bos,

    /// <summary>A line break.</summary>
    Newline,

    /// <summary>Punctuation and symbols.</summary>
    Punctuation,

    /// <summary>Digits.</summary>
    Digit,

    /// <summary>A frequent function word.</summary>
    StopWord,

    /// <summary>A heading of a structured answer, such as <c>Analysis</c> or <c>Response</c>.</summary>
    HeaderWord,

    /// <summary>Any other word or part of one.</summary>
    Content,

    /// <summary>Markers other than BOS, and white space other than line breaks.</summary>
    Special,
}

/// <summary>What token classes are called, and what they are to the paper.</summary>
public static class TokenClasses
{
    /// <summary>The name as people read it: <c>header word</c>.</summary>
    /// <param name="kind">The class.</param>
    public static string Name(this TokenClass kind) => kind switch
    {
        TokenClass.Bos => "BOS",
        TokenClass.StopWord => "stop word",
        TokenClass.HeaderWord => "header word",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>Whether its tokens mean little by themselves: all but content words and digits, and but the first token, whose attention has reasons of its own.</summary>
    /// <param name="kind">The class.</param>
    public static bool IsNonSemantic(this TokenClass kind) => kind is not (TokenClass.Bos or TokenClass.Content or TokenClass.Digit);
}

/// <summary>Sorts tokens into classes by their pieces' text as <see cref="Models.TextTokenizer.Piece"/> gives it; knows SentencePiece's <c>▁</c> and <c>&lt;0x0A&gt;</c>.</summary>
/// <remarks>A word cut into several pieces is judged as a whole, so that its parts are one class. A single capital letter is content: it names an option. Byte-level
/// vocabularies have tokens of several kinds: white space with a line break is a line break, and marks with white space around them are punctuation.</remarks>
public sealed class TokenClassifier
{
    private const string English =
        "a about above after again against all am an and any are as at be because been before being below between both but by can could did do does doing down " +
        "during each few for from further had has have having he her here hers herself him himself his how i if in into is it its itself just me more most my " +
        "myself no nor not now of off on once only or other our ours ourselves out over own same she should so some such than that the their theirs them " +
        "themselves then there these they this those through to too under until up very was we were what when where which while who whom why will with would " +
        "you your yours yourself yourselves";

    private readonly HashSet<string> _headers;
    private readonly HashSet<string> _stopWords;

    /// <summary>Makes a classifier.</summary>
    /// <param name="headerWords">Headings, as written; null for <c>Analysis</c> and <c>Response</c>.</param>
    /// <param name="stopWords">Function words in lower case; null for an English list.</param>
    public TokenClassifier(IEnumerable<string>? headerWords = null, IEnumerable<string>? stopWords = null)
    {
        _headers = new(headerWords ?? ["Analysis", "Response"], StringComparer.Ordinal);
        _stopWords = new(stopWords ?? English.Split(' '), StringComparer.Ordinal);
    }

    /// <summary>Classifies one piece that stands alone.</summary>
    /// <param name="piece">Its text in the vocabulary.</param>
    /// <returns>Its class.</returns>
    public TokenClass Classify(string piece) => Classify([piece])[0];

    /// <summary>Classifies the tokens of a text.</summary>
    /// <param name="pieces">Their pieces, in order.</param>
    /// <returns>One class per token.</returns>
    public TokenClass[] Classify(IReadOnlyList<string> pieces)
    {
        var classes = new TokenClass[pieces.Count];
        for (var start = 0; start < pieces.Count;)
        {
            var word = Surface(pieces[start]);
            var end = start + 1;
            if (IsLetters(word))
            {
                for (; end < pieces.Count && !pieces[end].StartsWith('▁') && IsLetters(Surface(pieces[end])); end++)
                {
                    word += Surface(pieces[end]);
                }
            }

            Array.Fill(classes, ClassOf(pieces[start], word), start, end - start);
            start = end;
        }

        return classes;
    }

    /// <summary>The text a piece stands for, without the spaces around it.</summary>
    private static string Surface(string piece)
    {
        var isByte = piece is ['<', '0', 'x', _, _, '>'];
        return isByte && byte.TryParse(piece.AsSpan(3, 2), System.Globalization.NumberStyles.HexNumber, null, out var value)
            ? value < 0x80 ? ((char)value).ToString() : "\uFFFD" // part of a character beyond ASCII
            : piece.Trim('▁');
    }

    private static bool IsLetters(string text) => text.Length > 0 && text != "'" && text.EnumerateRunes().All(c => Rune.IsLetter(c) || c.Value is '\'' or 0xFFFD);

    private static bool IsMark(Rune c) => Rune.IsPunctuation(c) || (Rune.IsSymbol(c) && c.Value != 0xFFFD) || Rune.IsWhiteSpace(c);

    private TokenClass ClassOf(string piece, string word) => word switch
    {
        _ when piece is "<s>" or "<|begin_of_text|>" => TokenClass.Bos,
        _ when word.All(char.IsWhiteSpace) => word.AsSpan().ContainsAny('\n', '\r') ? TokenClass.Newline : TokenClass.Special,
        _ when piece.Length > 2 && word.Length > 2 && word[0] == '<' && word[^1] == '>' => TokenClass.Special,
        _ when word.EnumerateRunes().All(Rune.IsDigit) => TokenClass.Digit,
        _ when word.EnumerateRunes().All(IsMark) => TokenClass.Punctuation,
        _ when _headers.Contains(word) => TokenClass.HeaderWord,
        [>= 'A' and <= 'Z' and not 'I'] => TokenClass.Content,
        _ when _stopWords.Contains(word.ToLowerInvariant()) => TokenClass.StopWord,
        _ => TokenClass.Content,
    };
}
