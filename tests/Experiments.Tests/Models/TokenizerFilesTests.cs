using System.Text.Json.Nodes;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Tests.Models;

public sealed class TokenizerFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Merges_are_read_in_both_forms_and_never_make_a_special_token_of_text()
    {
        foreach (var pairs in new[] { false, true })
        {
            var tokenizer = Load(json =>
            {
                json["model"]!["vocab"] = Vocabulary("<", "s", ">", "<s", "<s>", "a", "aa");
                json["model"]!["merges"] = new JsonArray([.. new[] { ("<", "s"), ("<s", ">"), ("a", "a") }.Select(pair => pairs ? (JsonNode)new JsonArray(pair.Item1, pair.Item2) : $"{pair.Item1} {pair.Item2}")]);
                (json["added_tokens"], json["pre_tokenizer"], json["model"]!["ignore_merges"]) = (new JsonArray(Token(4, "<s>")), null, pairs);
            });
            Assert.Equal(["<s", ">"], tokenizer.Encode("<s>").Select(tokenizer.Piece));
            Assert.Equal(["<s", ">", "aa", "a"], tokenizer.Encode("<s>aaa").Select(tokenizer.Piece));
            Assert.Equal(["<s>", "aa"], tokenizer.Encode("<s>aa", controlTokens: true).Select(tokenizer.Piece));
        }
    }

    [Fact]
    public void Characters_outside_the_vocabulary_do_not_join_what_is_around_them()
    {
        void Unknown(JsonObject json, string? token, bool fuse)
        {
            json["model"]!["vocab"] = Vocabulary("?", "a", "b", "ab");
            json["model"]!["merges"] = new JsonArray("a b");
            (json["model"]!["unk_token"], json["model"]!["fuse_unk"], json["pre_tokenizer"]) = (token, fuse, null);
        }

        Assert.Equal([3, 1, 2], Load(json => Unknown(json, null, false)).Encode("aba😀b")); // as Hugging Face's: left out
        Assert.Equal([3, 0, 0, 2], Load(json => Unknown(json, "?", false)).Encode("ab😀éb"));
        var fused = Load(json => Unknown(json, "?", true)).Tokenize("ab😀éb");
        Assert.Equal([(3, 0, 2), (0, 2, 3), (2, 5, 1)], fused.Select(token => (token.Id, token.Start, token.Length)));
    }

    [Fact]
    public void Added_tokens_take_white_space_and_keep_to_words_as_they_say()
    {
        var tokenizer = Load(json => json["added_tokens"] = new JsonArray(
            Token(300, "<l>", lstrip: true), Token(301, "<r>", rstrip: true), Token(302, "ent", singleWord: true), Token(303, "<r><x>")));
        string[] Pieces(string text) => [.. tokenizer.Encode(text, controlTokens: true).Select(tokenizer.Piece)];
        Assert.Equal(["a", "<l>", "▁", "b"], Pieces("a  \n<l> b"));
        Assert.Equal(["a", "▁", "<r>", "b"], Pieces("a <r> \t b"));
        Assert.Equal(["ent", "▁", "t", "e", "n", "t"], Pieces("ent tent"));
        Assert.Equal(["<r><x>"], Pieces("<r><x>")); // the longest
        Assert.Equal([(0, 1), (1, 6), (7, 1), (8, 1)], tokenizer.Tokenize("a  \n<l> b", controlTokens: true).Select(token => (token.Start, token.Length)));
    }

    [Theory]
    [InlineData("{}", -1, -1, "")]
    [InlineData("""{"bos_token": "<s>", "eos_token": {"content": "</s>"}}""", 300, 301, "")]
    [InlineData("""{"bos_token": {"content": "<s>"}, "add_bos_token": true}""", 300, -1, "300")]
    [InlineData("""{"bos_token": "<s>", "add_bos_token": false}""", 300, -1, "")]
    [InlineData("""{"bos_token": null, "eos_token": "</s>", "add_bos_token": false}""", -1, 301, "")]
    public void Tokenizer_config_names_BOS_and_EOS(string config, int bos, int eos, string prefix)
    {
        _folder.Write("tokenizer_config.json", config);
        var tokenizer = Load(json => json["added_tokens"] = new JsonArray(Token(300, "<s>"), Token(301, "</s>")));
        Assert.Equal((bos, eos, prefix), (tokenizer.BosId, tokenizer.EosId, string.Join(',', tokenizer.Encode(""))));
    }

    [Fact]
    public void Other_files_name_them_where_tokenizer_config_does_not_and_its_word_on_BOS_is_stronger_than_the_template()
    {
        var template = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[300],"tokens":["<s>"]}}}""";
        void Change(JsonObject json) => (json["added_tokens"], json["post_processor"]) = (new JsonArray(Token(300, "<s>"), Token(301, "</s>"), Token(302, "<e>")), JsonNode.Parse(template));
        Assert.Equal([300], Load(Change).Encode("")); // nothing is added behind a text
        _folder.Write("config.json", """{"bos_token_id": 300, "eos_token_id": [302, 301]}""");
        Assert.Equal((300, 302), (Load(Change).BosId, Load(Change).EosId));
        _folder.Write("special_tokens_map.json", """{"eos_token": "</s>"}""");
        Assert.Equal((300, 301), (Load(Change).BosId, Load(Change).EosId));
        _folder.Write("tokenizer_config.json", """{"add_bos_token": false}""");
        Assert.Empty(Load(Change).Encode(""));
    }

    [Theory]
    [InlineData("""{"bos_token": "<none>"}""", "'bos_token' is '<none>', which is no token of")]
    [InlineData("""{"add_bos_token": true}""", "no BOS token is named")]
    [InlineData("[]", "is not JSON")]
    public void A_BOS_that_is_missing_is_an_error_at_once(string config, string what)
    {
        _folder.Write("tokenizer_config.json", config);
        Assert.Contains(what, Assert.Throws<ExperimentException>(() => Load(_ => { })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normalizer", """{"type": "BertNormalizer"}""", "normalizer: 'BertNormalizer' is not implemented. Supported: Sequence, Prepend")]
    [InlineData("pre_tokenizer", """{"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}]}""", "pre_tokenizer: 'BertPreTokenizer' is not implemented. Supported: Sequence, ByteLevel")]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "\\p{Han}"}, "behavior": "Isolated", "invert": false}""", "pattern that .NET does not read")]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {"String": "a"}, "behavior": "Contiguous", "invert": false}""", "Split with behavior 'Contiguous'")]
    [InlineData("post_processor", """{"type": "BertProcessing"}""", "post_processor: 'BertProcessing'")]
    [InlineData("decoder", """{"type": "WordPiece"}""", "decoder: 'WordPiece' is not implemented")]
    [InlineData("decoder", "null", "decoder: there is none")]
    [InlineData("decoder", """{"type": "Strip", "content": " ", "start": 2, "stop": 0}""", "Strip with these settings")]
    [InlineData("model", """{"type": "WordPiece", "vocab": {}}""", "model: 'WordPiece' is not implemented. Supported: BPE and Unigram")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"}""", "BPE with end_of_word_suffix")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b c"]}""", "the merge \"a b c\" is not a pair")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}""", "is not a usable tokenizer")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "b"}""", "is not a usable tokenizer")]
    [InlineData("model", """{"type": "BPE"}""", "is not a usable tokenizer")]
    [InlineData("model", """{"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": null}""", "Unigram with no unk_id")]
    [InlineData("added_tokens", """[{"content": "a"}]""", "an added token has no id")]
    public void What_is_not_implemented_is_refused_by_name(string part, string value, string what)
    {
        var message = Assert.Throws<ExperimentException>(() => Load(json => json[part] = JsonNode.Parse(value))).Message;
        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("tokenizer.json"), message, StringComparison.Ordinal);
        Assert.Contains("--tokens", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_or_missing_file_is_one_clear_error_and_tokenizer_json_is_preferred()
    {
        Assert.Contains("tokenizer.json, tokenizer.model (SentencePiece or tiktoken) or *.tiktoken", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(_folder.File("tokenizer.model"), SentencePieceModel.WithBytes(["▁a"]).ToBytes());
        Assert.Equal(260, TextTokenizer.Load(_folder.Path).VocabSize);
        Assert.Equal(256, Load(_ => { }).VocabSize);
        foreach (var text in new[] { "", "[]", "{\"model\": 1}", "{" })
        {
            _folder.Write("tokenizer.json", text);
            Assert.Contains("tokenizer.json", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_SentencePiece_model_takes_added_tokens_from_the_files_beside_it()
    {
        File.WriteAllBytes(_folder.File("tokenizer.model"), SentencePieceModel.WithBytes(["▁a", "▁"]).ToBytes());
        _folder.Write("added_tokens.json", """{"<|im_start|>": 261, "<tool>": 262}""");
        _folder.Write("special_tokens_map.json", """{"additional_special_tokens": ["<|im_start|>"], "eos_token": "</s>"}""");
        var tokenizer = TextTokenizer.Load(_folder.Path);
        Assert.Equal((263, 1, 2), (tokenizer.VocabSize, tokenizer.BosId, tokenizer.EosId));
        Assert.Equal([1, 261, 259], tokenizer.Encode("<|im_start|>a", controlTokens: true));
        Assert.DoesNotContain(261, tokenizer.Encode("<|im_start|>a"));
        Assert.Equal("a<tool>", tokenizer.Decode(tokenizer.Encode("a<tool>")));
        Assert.Contains(262, tokenizer.Encode("a<tool>"));
    }

    [Fact]
    public void A_model_folder_with_tokenizer_json_alone_encodes_and_generates_and_its_hash_covers_the_tokenizer()
    {
        Save(vocabulary: 301, bos: 300);
        Write(json => json["added_tokens"] = new JsonArray(Token(300, "<s>")));
        _folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "add_bos_token": true}""");
        using var loaded = LoadedModel.Open(_folder.Path);
        var ids = loaded.Tokenizer.Encode("hi 😀");
        Assert.Equal([300, .. loaded.Tokenizer.Encode("hi 😀", addBos: false)], ids);
        Assert.Equal(5, TextGenerator.Generate(loaded.Model, [ids], new GenerationOptions { MaxNewTokens = 5, IgnoreEos = true }, cancellation: TestContext.Current.CancellationToken)[0].Ids.Count);
        var before = loaded.Hash;
        _folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "add_bos_token": false}""");
        var other = LoadedModel.HashOf(_folder.Path);
        Write(json => json["added_tokens"] = new JsonArray(Token(300, "<t>")));
        Assert.Distinct([before, other, LoadedModel.HashOf(_folder.Path)]);
    }

    [Fact]
    public void A_tokenizer_of_another_model_is_found_when_the_folder_is_opened()
    {
        _folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "add_bos_token": true}""");
        Write(json => json["added_tokens"] = new JsonArray(Token(300, "<s>")));
        Save(vocabulary: 300, bos: null);
        Assert.Contains("has 301 ids, the embedding only 300 rows", Open(), StringComparison.Ordinal);
        Save(vocabulary: 320, bos: 1);
        Assert.Contains("begins texts with id 300 ('<s>'), but bos_token_id of config.json is 1", Open(), StringComparison.Ordinal);
        Save(vocabulary: 320, bos: 310);
        _folder.Write("tokenizer_config.json", "{}");
        Assert.Contains("bos_token_id of config.json is 310, which is no token of it", Open(), StringComparison.Ordinal);
        string Open() => Assert.Throws<ExperimentException>(() => LoadedModel.Open(_folder.Path)).Message;
    }

    [Fact]
    public void Fine_tuning_asks_for_an_EOS_token_before_it_begins()
    {
        using var workspace = new Runs.TemporaryWorkspace();
        using (var model = TinyModels.Make(TinyModels.Config with { VocabSize = 256, BosTokenId = null, EosTokenIds = [] }))
        {
            Checkpoint.Save(model, _folder.Path);
        }

        Write(_ => { });
        var error = Assert.Throws<ExperimentException>(() => FineTuneStudy.Run(workspace.Workspace, _folder.Path, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("names no EOS token", error.Message, StringComparison.Ordinal);
    }

    private static JsonObject Vocabulary(params string[] pieces) => new(pieces.Index().Select(entry => KeyValuePair.Create(entry.Item, (JsonNode?)entry.Index)));

    private static JsonObject Token(int id, string content, bool lstrip = false, bool rstrip = false, bool singleWord = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = singleWord,
        ["lstrip"] = lstrip,
        ["rstrip"] = rstrip,
        ["normalized"] = false,
        ["special"] = true,
    };

    private void Save(int vocabulary, int? bos)
    {
        using var model = TinyModels.Make(TinyModels.Config with { VocabSize = vocabulary, BosTokenId = bos });
        Checkpoint.Save(model, _folder.Path);
    }

    /// <summary>A byte-level tokenizer without merges.</summary>
    private void Write(Action<JsonObject> change)
    {
        var json = new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["post_processor"] = null,
            ["pre_tokenizer"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": false}"""),
            ["decoder"] = JsonNode.Parse("""{"type": "ByteLevel"}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = Vocabulary([.. Enumerable.Range(0, 256).Select(value => Experiments.Models.Tokenizers.ByteAlphabet.CharacterOf((byte)value).ToString())]), ["merges"] = new JsonArray() },
        };
        change(json);
        _folder.Write("tokenizer.json", json.ToJsonString());
    }

    private TextTokenizer Load(Action<JsonObject> change)
    {
        Write(change);
        return TextTokenizer.Load(_folder.Path);
    }
}
