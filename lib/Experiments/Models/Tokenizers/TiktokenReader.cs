using System.Globalization;
using System.Text;
using Experiments.Runs;

namespace Experiments.Models.Tokenizers;

/// <summary>Makes a tokenizer of a tiktoken file: a line for each token, its bytes in base64 and its rank, which is its id.</summary>
/// <remarks>Such a file says nothing of words and special tokens. Both are known for Llama 3 and Qwen, by a special token in the files beside it or by the number of lines.</remarks>
internal static class TiktokenReader
{
    private const string UpToThreeDigits = @"\p{N}{1,3}", OneDigit = @"\p{N}";

    private static readonly Style[] Styles =
    [
        new("Llama 3", 128_000, "<|begin_of_text|>", "<|end_of_text|>", UpToThreeDigits, IsComposed: false, AddsBos: true,
            ["<|begin_of_text|>", "<|end_of_text|>", .. Reserved(0, 4), "<|start_header_id|>", "<|end_header_id|>", .. Reserved(4, 5), "<|eot_id|>", .. Reserved(5, 251)]),
        new("Qwen", 151_643, "<|im_start|>", "<|endoftext|>", OneDigit, IsComposed: true, AddsBos: false, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]),
    ];

    /// <summary>Whether a file begins as tiktoken's do; SentencePiece models, which may have the same name, do not.</summary>
    internal static bool Recognizes(string path)
    {
        using var stream = File.OpenRead(path);
        var start = new byte[256];
        var line = Encoding.Latin1.GetString(start, 0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)).Split('\n')[0];
        return TryParse(line, out _, out _);
    }

    internal static TokenizerPipeline Read(string path, TokenizerSettings settings)
    {
        var tokens = Ranks(path);
        var style = Array.Find(Styles, known => settings.Added.Any(token => token.Text == known.Marker)) ?? Array.Find(Styles, known => known.Ranks == tokens.Count)
            ?? throw new ExperimentException($"{path} is a tiktoken file, which does not say how it cuts text into words; that is known for {string.Join(" and ", Styles.Select(known => known.Name))} only. Add the model's tokenizer.json.");
        AddedToken[] added = settings.Added.Count > 0 ? [.. settings.Added] : [.. style.Special.Select((text, index) => new AddedToken(tokens.Count + index, text) { IsSpecial = true })];
        CheckComplete(path, tokens, added);
        tokens.Add(added);
        int IdOf(string text) => added.FirstOrDefault(token => token.Text == text)?.Id ?? -1;
        var (words, bos) = (new WordPattern(style.Pattern), style.AddsBos ? IdOf(style.Marker) : -1);
        var pipeline = new TokenizerPipeline(tokens, new TiktokenSegmenter(path, tokens))
        {
            Origin = path,
            Added = added,
            Normalize = style.IsComposed ? CanonicalComposition.Compose : text => text,
            Cut = text => words.Cut(text).Select(PreTokenizerReader.Bytes),
            BosId = bos,
            EosId = IdOf(style.Eos),
            Prefix = bos >= 0 ? [bos] : [],
        };
        return settings.Complete(pipeline, _ => null);
    }

    private static TokenTable Ranks(string path)
    {
        var tokens = new TokenTable();
        foreach (var (number, line) in File.ReadLines(path).Index().Where(entry => entry.Item.Length > 0))
        {
            if (!TryParse(line, out var bytes, out var rank) || tokens.Contains(rank))
            {
                throw new ExperimentException($"{path}, line {number + 1}, is not a token in base64 and a rank of its own. Download the file again.");
            }

            tokens.Set(rank, string.Empty, _ => TokenText.OfBytes(bytes));
        }

        return tokens;
    }

    private static void CheckComplete(string path, TokenTable tokens, IEnumerable<AddedToken> added)
    {
        var (first, single) = (added.Min(token => token.Id), Enumerable.Range(0, tokens.Count).Count(id => tokens.Contains(id) && tokens[id].Bytes.Length == 1));
        if (single != 256 || first != tokens.Count)
        {
            throw new ExperimentException($"{path} has {tokens.Count} ids, of them {single} of the 256 bytes, and the first special token is {first}: it is incomplete or belongs to another model. Download it again.");
        }
    }

    private static bool TryParse(string line, out byte[] bytes, out int rank)
    {
        (bytes, rank) = ([], 0);
        var parts = line.TrimEnd('\r').Split(' ');
        if (parts.Length != 2 || parts[0].Length == 0 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out rank))
        {
            return false;
        }

        bytes = new byte[parts[0].Length];
        var valid = Convert.TryFromBase64String(parts[0], bytes, out var length);
        bytes = bytes[..length];
        return valid;
    }

    private static IEnumerable<string> Reserved(int first, int end) => Enumerable.Range(first, end - first).Select(number => $"<|reserved_special_token_{number}|>");

    /// <summary>What is known of a family.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Ranks">Number of tokens in its published file.</param>
    /// <param name="Marker">A special token that no other family has; BOS where there is one.</param>
    /// <param name="Eos">The token that ends a text.</param>
    /// <param name="Digits">How digits are cut.</param>
    /// <param name="IsComposed">Whether text is brought to NFC.</param>
    /// <param name="AddsBos">Whether BOS goes before a text.</param>
    /// <param name="Special">The special tokens, behind the others.</param>
    private sealed record Style(string Name, int Ranks, string Marker, string Eos, string Digits, bool IsComposed, bool AddsBos, string[] Special)
    {
        internal string Pattern => @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + Digits + @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    }
}
