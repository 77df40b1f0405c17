#:package Tokenizers.DotNet@1.4.1
#:package Tokenizers.DotNet.runtime.linux-x64@1.4.1
#:property JsonSerializerIsReflectionEnabledByDefault=true
#:property PublishAot=false

// Writes small tokenizer.json files in the manner of published ones, and what Hugging Face's own library (tokenizers 0.22.2, in Rust, through
// Tokenizers.DotNet 1.4.1) makes of tricky texts with them, as cases.json. TokenizerJsonTests compares.
// Copy this file into an empty folder outside the repository, whose package versions it does not share: dotnet run make.cs
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tokenizers.DotNet;

const string Corpus = """
    Ann likes what Bob likes, and Bob likes tea. What does Ann like? It's what they'd have: we'll see that the answer is 1234567, or 42. The theory then
    they there other another number numbers token tokens tokenizer tokenizers reasoning attention attention re-balanced. Café naïve élève über, 你好 你好 世界 世界。 Привет мир.
    مرحبا بالعالم שלום עולם. def main(args):\n    return [x for x in range(100) if x % 2 == 0]\n\n😀😀 👩‍👩‍👧 done.\t\tTab ... !!! ??? -- == The the THE don't DON'T I'm
    """;
string[] texts =
[
    "", "a", " ", "  ", "\n", "\n\n", "\t", " \n ", "Ann likes what Bob likes.", " leading", "trailing ", "two  spaces   three", "line\nline\r\nline\n\n\nend", "tab\there\t\tthere",
    "It's they'd WE'LL don't DON'T I'm", "1234567 42 3.14 1,000", "x1y22z333", "café naïve", "cafe\u0301 nai\u0308ve", "e\u0301\u0323 a\u0308\u0304", "你好,世界。", "Привет, мир!", "مرحبا بالعالم", "שלום עולם",
    "한국어 \u1112\u1161\u11ab", "😀", "😀abc", "abc 😀😀 def", "👩‍👩‍👧 👍🏽 🇩🇪", "𝒜𝒷𝒸 𝟙𝟚𝟛 𠀀𠀁", "nul\0here", "\u00a0nbsp\u3000wide\u200bzero", "½ ² ٣٤ Ⅷ ⅷ", "<s>text</s>", "<|begin_of_text|>hi<|eot_id|>", "<|im_start|>user\nhi<|im_end|>",
    "<tool_call>{}</tool_call>", "a <|user|>  b", "▁▁ under_score __init__", "x <unk>", "... !!! ??? -- == #$%&*()[]{}<>", "def main(args):\n    return [x for x in range(100)]\n", "The THE the", "ﬁ Å Ω K", "\ufeffbom", "ſ'ſ it'ſ", "…—–“”‘’", "a\u0300\u0301b", "\r", "\r\n", " \t \n x",
];

var folder = Path.GetDirectoryName(Path.GetFullPath(args.FirstOrDefault() ?? "make.cs"))!;
var cases = new JsonObject { ["oracle"] = "tokenizers 0.22.2 through Tokenizers.DotNet 1.4.1" };
var writing = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
foreach (var (name, json) in new (string, JsonObject)[] { ("llama2", Llama2()), ("mistral", Mistral()), ("llama3", Llama3()), ("qwen2", Qwen2()), ("smollm", SmolLM()), ("phi4", Phi4()), ("unigram", Unigram()) })
{
    var path = Path.Combine(folder, name + ".json");
    File.WriteAllText(path, json.ToJsonString(writing) + "\n");
    using var tokenizer = new Tokenizer(path);
    var lines = new JsonArray();
    foreach (var text in texts)
    {
        var ids = tokenizer.Encode(text);
        lines.Add((JsonNode)new JsonObject { ["text"] = text, ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]), ["decoded"] = ids.Length == 0 ? "" : tokenizer.Decode(ids) });
    }

    cases[name] = lines;
}

File.WriteAllText(Path.Combine(folder, "cases.json"), Regex.Replace(cases.ToJsonString(), @"\{""text""", "\n{\"text\"") + "\n"); // plain ASCII: invisible characters stay visible

JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

JsonObject Added(int id, string content, bool special = true, bool normalized = false, bool rstrip = false) => new()
{
    ["id"] = id, ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = rstrip, ["normalized"] = normalized, ["special"] = special,
};

JsonObject File_(JsonArray added, string normalizer, string preTokenizer, string postProcessor, string decoder, JsonObject model) => new()
{
    ["version"] = "1.0", ["truncation"] = null, ["padding"] = null, ["added_tokens"] = added,
    ["normalizer"] = JsonNode.Parse(normalizer), ["pre_tokenizer"] = JsonNode.Parse(preTokenizer), ["post_processor"] = JsonNode.Parse(postProcessor), ["decoder"] = JsonNode.Parse(decoder), ["model"] = model,
};

string Template(string bos, int id) => """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"BOS","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"BOS":{"id":"BOS","ids":[0],"tokens":["BOS"]}}}"""
    .Replace("BOS", bos).Replace("[0]", $"[{id}]");

// Merges by frequency, the plain way.
List<(string, string)> Train(IEnumerable<string> words, int count)
{
    var pieces = words.GroupBy(word => word).Select(group => (Parts: group.Key.EnumerateRunes().Select(rune => rune.ToString()).ToList(), Count: group.Count())).ToList();
    var merges = new List<(string, string)>();
    while (merges.Count < count)
    {
        var best = pieces.SelectMany(word => word.Parts.Zip(word.Parts.Skip(1)).Select(pair => (pair, word.Count))).GroupBy(entry => entry.pair)
            .Select(group => (group.Key, Sum: group.Sum(entry => entry.Count))).OrderByDescending(entry => entry.Sum).ThenBy(entry => entry.Key.First + entry.Key.Second, StringComparer.Ordinal).FirstOrDefault();
        if (best.Sum < 2)
        {
            break;
        }

        merges.Add(best.Key);
        foreach (var (parts, _) in pieces)
        {
            for (var at = 0; at + 1 < parts.Count; at++)
            {
                if ((parts[at], parts[at + 1]) == best.Key)
                {
                    parts[at] += parts[at + 1];
                    parts.RemoveAt(at + 1);
                }
            }
        }
    }

    return merges;
}

JsonObject Bpe(IEnumerable<string> before, List<(string Left, string Right)> merges, IEnumerable<string> characters, bool pairs, string more)
{
    var vocabulary = before.Concat(characters).Concat(merges.Select(merge => merge.Left + merge.Right)).Distinct().Index();
    var model = Parse($$"""{"type":"BPE","dropout":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,{{more}}}""");
    model["vocab"] = new JsonObject(vocabulary.Select(entry => KeyValuePair.Create(entry.Item, (JsonNode?)entry.Index)));
    model["merges"] = new JsonArray([.. merges.Select(merge => pairs ? (JsonNode)new JsonArray(merge.Left, merge.Right) : $"{merge.Left} {merge.Right}")]);
    return model;
}

string[] SentencePieceStart() => ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
JsonObject SentencePieceBpe(bool pairs)
{
    var words = Corpus.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => "▁" + word).ToList();
    var characters = string.Concat(words).EnumerateRunes().Select(rune => rune.ToString()).Where(c => c is not ("世" or "é" or "😀" or "_")).Distinct();
    var merges = Train(words, 120).Where(merge => !Regex.IsMatch(merge.Item1 + merge.Item2, "世|é|😀")).Append(("▁", "▁")).ToList();
    return Bpe(SentencePieceStart(), merges, characters, pairs, "\"unk_token\":\"<unk>\",\"fuse_unk\":true,\"byte_fallback\":true,\"ignore_merges\":false");
}

const string SentencePieceDecoder = """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""";
const string ByteLevelDecoder = """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""";
const string ByteLevelPlain = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""";

string Split(string digits, string behavior = "Isolated", bool invert = false) =>
    new JsonObject
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + digits + @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+" }, ["behavior"] = behavior, ["invert"] = invert },
            JsonNode.Parse(ByteLevelPlain)),
    }.ToJsonString();

List<char> ByteCharacters()
{
    var next = (char)0x100;
    return [.. Enumerable.Range(0, 256).Select(value => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : next++)];
}

JsonObject ByteLevelBpe(bool pairs, string more, int count = 150, string[]? unreachable = null)
{
    var alphabet = ByteCharacters();
    var words = Regex.Matches(Corpus, @" ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+").Select(match => string.Concat(Encoding.UTF8.GetBytes(match.Value).Select(value => alphabet[value])));
    return Bpe([], Train(words, count), alphabet.Order().Select(c => c.ToString()).Concat(unreachable ?? []), pairs, "\"unk_token\":null,\"fuse_unk\":false,\"byte_fallback\":false," + more);
}

int Size(JsonObject model) => model["vocab"]!.AsObject().Count;

JsonObject Llama2() => File_([Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")],
    """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""", "null", Template("<s>", 1), SentencePieceDecoder, SentencePieceBpe(pairs: false));

JsonObject Mistral()
{
    var model = SentencePieceBpe(pairs: true);
    var size = Size(model);
    return File_([Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>", rstrip: true), Added(size, "<|user|>", rstrip: true), Added(size + 1, "<tool_call>", special: false, normalized: true)],
        "null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", Template("<s>", 1), SentencePieceDecoder, model);
}

JsonObject Llama3()
{
    var model = ByteLevelBpe(pairs: false, "\"ignore_merges\":true", unreachable: ["Ġtheorem", "Ċ", "ĠBob", "BobĠ", "Ġdone", "done", "likes"]);
    var size = Size(model);
    return File_([Added(size, "<|begin_of_text|>"), Added(size + 1, "<|end_of_text|>"), Added(size + 2, "<|eot_id|>")], "null", Split(@"\p{N}{1,3}"),
        $$"""{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},{{Template("<|begin_of_text|>", size)}}]}""", ByteLevelDecoder, model);
}

JsonObject Qwen2()
{
    var model = ByteLevelBpe(pairs: true, "\"ignore_merges\":false");
    var size = Size(model);
    return File_([Added(size, "<|endoftext|>"), Added(size + 1, "<|im_start|>"), Added(size + 2, "<|im_end|>"), Added(size + 3, "<tool_call>", special: false), Added(size + 4, "</tool_call>", special: false)],
        """{"type":"NFC"}""", Split(@"\p{N}"), ByteLevelPlain, ByteLevelPlain, model);
}

JsonObject SmolLM()
{
    var model = ByteLevelBpe(pairs: false, "\"ignore_merges\":false");
    return File_([Added(Size(model), "<|endoftext|>"), Added(Size(model) + 1, "<|im_start|>"), Added(Size(model) + 2, "<|im_end|>")], "null",
        """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}""", "null", ByteLevelDecoder, model);
}

JsonObject Phi4()
{
    var model = ByteLevelBpe(pairs: false, "\"ignore_merges\":false");
    return File_([Added(Size(model), "<|endoftext|>"), Added(Size(model) + 1, "<|user|>", rstrip: true)], "null", Split(@"\p{N}{1,3}", "Removed", invert: true), ByteLevelPlain, ByteLevelDecoder, model);
}

JsonObject Unigram()
{
    var words = Corpus.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => "▁" + word).ToList();
    var characters = string.Concat(words).EnumerateRunes().Select(rune => rune.ToString()).Where(c => c is not ("世" or "é" or "😀" or "_")).Distinct();
    var parts = words.SelectMany(word => Enumerable.Range(1, Math.Min(6, word.Length)).Select(length => word[..length]).Concat(Enumerable.Range(1, word.Length - 1).Select(start => word[start..])))
        .Where(part => part.Length > 1 && !part.Any(c => char.IsSurrogate(c) || c is '世' or 'é')).CountBy(part => part).Where(entry => entry.Value > 1).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Take(150);
    var vocabulary = new JsonArray([.. SentencePieceStart().Select(piece => (JsonNode)new JsonArray(piece, 0.0)), .. characters.Order(StringComparer.Ordinal).Select((c, i) => (JsonNode)new JsonArray(c, -6 - (i * 0.013))),
        .. parts.Select((part, i) => (JsonNode)new JsonArray(part.Key, Math.Round(-2 - (0.0371 * i) + (0.21 * part.Key.Length % 0.17), 4)))]);
    return File_([Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")], "null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", Template("<s>", 1),
        """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}""", new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["vocab"] = vocabulary, ["byte_fallback"] = true });
}
