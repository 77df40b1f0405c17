using System.Text.Json;
using Experiments.Runs;

namespace Experiments.Models.Tokenizers;

/// <summary>Makes a tokenizer of Hugging Face's <c>tokenizer.json</c>. A component that it does not know is rejected by name.</summary>
internal static class TokenizerJson
{
    private const string Models = "BPE and Unigram";

    internal static TokenizerPipeline Read(string path, TokenizerSettings settings)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(new TokenizerPart(document.RootElement, path), settings);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or FormatException or KeyNotFoundException or IndexOutOfRangeException)
        {
            throw new ExperimentException($"{path} is not a usable tokenizer: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}. Download it again; without the file, --tokens takes ids.", e);
        }
    }

    private static TokenizerPipeline Read(TokenizerPart file, TokenizerSettings settings)
    {
        var added = file.Items("added_tokens").Select(AddedOf).ToList();
        added.AddRange(settings.Added.Where(token => !added.Exists(known => known.Id == token.Id || known.Text == token.Text)).ToList());
        var decoder = DecoderRules.Read(file["decoder"]);
        var vocabulary = VocabularyOf(file["model"], out var segmenter, added);
        var tokens = new TokenTable();
        foreach (var (text, id) in vocabulary)
        {
            tokens.Set(id, text, decoder.TextOf);
        }

        tokens.Add(added);
        var prefix = PrefixOf(file["post_processor"]).ToList();
        var pipeline = new TokenizerPipeline(tokens, segmenter)
        {
            Origin = file.Where,
            Added = added,
            Normalize = NormalizerReader.Read(file["normalizer"]),
            Cut = PreTokenizerReader.Read(file["pre_tokenizer"]),
            BosId = prefix.Count > 0 ? prefix[0] : -1,
            Prefix = prefix,
            DropsFirstSpace = decoder.DropsFirstSpace,
        };
        return settings.Complete(pipeline, text => vocabulary.TryGetValue(text, out var id) ? id : null);
    }

    private static AddedToken AddedOf(TokenizerPart token) => new(token.Number("id") ?? throw new FormatException("an added token has no id"), token.Text("content") ?? string.Empty)
    {
        IsSpecial = token.Flag("special"),
        Normalized = token.Flag("normalized"),
        LeftStrip = token.Flag("lstrip"),
        RightStrip = token.Flag("rstrip"),
        SingleWord = token.Flag("single_word"),
    };

    private static Dictionary<string, int> VocabularyOf(TokenizerPart model, out ISegmenter segmenter, IReadOnlyList<AddedToken> added)
    {
        var special = added.Where(token => token.IsSpecial).Select(token => token.Text).ToHashSet(StringComparer.Ordinal);
        var type = model.Type.Length == 0 && model.Value("merges").ValueKind == JsonValueKind.Array ? "BPE" : model.Type; // older files name no type
        switch (type)
        {
            case "BPE":
                var pieces = model.Value("vocab").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32(), StringComparer.Ordinal);
                segmenter = BytePair(model, pieces, special);
                return pieces;
            case "Unigram":
                var scored = model.Value("vocab").EnumerateArray().Select(entry => (Text: entry[0].GetString()!, Score: entry[1].GetSingle())).ToList();
                segmenter = Unigram(model, scored, special);
                return scored.Index().DistinctBy(entry => entry.Item.Text).ToDictionary(entry => entry.Item.Text, entry => entry.Index, StringComparer.Ordinal);
            default:
                throw model.Unsupported(null, Models);
        }
    }

    private static BytePairSegmenter BytePair(TokenizerPart model, Dictionary<string, int> vocabulary, HashSet<string> special)
    {
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" }.Where(name => model.Text(name) is { Length: > 0 }))
        {
            throw model.Unsupported(affix, $"{Models} without it");
        }

        if (model.Value("dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() > 0)
        {
            throw model.Unsupported("dropout, which encodes by chance,", $"{Models} without it");
        }

        // A merge that ends in a special token would let plain text become one.
        var merges = model.Value("merges").EnumerateArray().Select(MergeOf).Where(merge => !special.Contains(merge.Left + merge.Right)).Select(merge => $"{merge.Left} {merge.Right}").ToList();
        return new(vocabulary, merges)
        {
            IgnoreMerges = model.Flag("ignore_merges"),
            Special = special,
            ByteFallback = model.Flag("byte_fallback"),
            UnknownId = model.Text("unk_token") is { } unknown ? vocabulary[unknown] : null,
            FuseUnknown = model.Flag("fuse_unk"),
        };
    }

    /// <summary>A merge is a pair, or one text with a space between.</summary>
    private static (string Left, string Right) MergeOf(JsonElement merge)
    {
        string[] pair = merge.ValueKind == JsonValueKind.Array ? [.. merge.EnumerateArray().Select(part => part.GetString()!)] : merge.GetString()!.Split(' ');
        return pair.Length == 2 && pair.All(part => part.Length > 0 && !part.Contains(' ')) ? (pair[0], pair[1]) : throw new FormatException($"the merge {merge.GetRawText()} is not a pair of pieces without spaces");
    }

    private static SentencePieceSegmenter Unigram(TokenizerPart model, List<(string Text, float Score)> scored, HashSet<string> special)
    {
        var unknown = model.Number("unk_id") ?? throw model.Unsupported("no unk_id", "Unigram with unk_id");
        var bytes = model.Flag("byte_fallback");
        PieceKind KindOf(int id, string text) =>
            id == unknown ? PieceKind.Unknown
            : bytes && ByteAlphabet.TryParsePiece(text, out _) ? PieceKind.Byte
            : special.Contains(text) ? PieceKind.Control
            : PieceKind.Normal;
        return new(new SentencePieceModel
        {
            Unigram = true,
            ByteFallback = bytes,
            UnknownId = unknown,
            BosId = -1,
            EosId = -1,
            Pieces = [.. scored.Select((entry, id) => new SentencePiece(entry.Text, entry.Score, KindOf(id, entry.Text)))],
        });
    }

    /// <summary>The ids that the post-processor puts before a text.</summary>
    private static IEnumerable<int> PrefixOf(TokenizerPart part) => !part.Exists ? [] : part.Type switch
    {
        "ByteLevel" => [], // trims offsets only
        "Sequence" => part.Items("processors").SelectMany(PrefixOf),
        "TemplateProcessing" => part.Items("single").TakeWhile(item => !item["Sequence"].Exists)
            .SelectMany(item => part["special_tokens"][item["SpecialToken"].Text("id") ?? string.Empty].Value("ids").EnumerateArray().Select(id => id.GetInt32())),
        _ => throw part.Unsupported(null, "Sequence, TemplateProcessing, ByteLevel"),
    };
}
