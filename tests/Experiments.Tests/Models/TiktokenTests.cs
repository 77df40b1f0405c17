using System.Text;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Tests.Models;

public sealed class TiktokenTests : IDisposable
{
    private static readonly string[] Words = ["th", " th", "the", " the", "12", "123", "é", "😀", "\n\n", "'s", "ab", "abc", "bc", " t"];

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _ranks = [.. Enumerable.Range(0, 256).Select(value => Convert.ToHexString([(byte)value])), .. Words.Select(Hex), Hex("中")[..4]];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tokenizer.model", "<|begin_of_text|>", "the| the|'s|123|4|ab|\n\n")] // Llama 3
    [InlineData("qwen.tiktoken", "<|im_start|>", "the| the|'s|1|2|3|4|ab|\n\n")]
    public void Words_are_cut_and_merged_as_the_family_does(string file, string marker, string words)
    {
        Write(file, marker);
        var tokenizer = TextTokenizer.Load(_folder.Path);
        var text = words.Replace("|", "", StringComparison.Ordinal);
        var expected = words.Split('|').SelectMany(Slow).ToArray();
        Assert.Equal(expected, tokenizer.Encode(text, addBos: false));
        Assert.Equal(text, tokenizer.Decode(expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abcbc the 中é😀 th\n\nx 12345\t\0")]
    [InlineData("👩‍👩‍👧 مرحبا 한국어 ")]
    [InlineData("<|begin_of_text|>a")]
    public void Any_text_survives_a_round_trip_with_a_range_for_each_token(string text)
    {
        Write("tokenizer.model", "<|begin_of_text|>");
        var tokenizer = TextTokenizer.Load(_folder.Path);
        var tokens = tokenizer.Tokenize(text, addBos: false);
        Assert.Equal(text, tokenizer.Decode(tokens.Select(token => token.Id)));
        Assert.All(tokens, token => Assert.Contains(Convert.FromHexString(_ranks[token.Id])[0], Encoding.UTF8.GetBytes(text.Substring(token.Start, token.Length))));
        Assert.Equal(text.Length, tokens.Select(token => token.Start + token.Length).LastOrDefault());
    }

    [Fact]
    public void Special_tokens_come_from_the_files_beside_it()
    {
        Write("tokenizer.model", "<|begin_of_text|>");
        var tokenizer = TextTokenizer.Load(_folder.Path);
        Assert.Equal([_ranks.Count, .. Slow("ab"), _ranks.Count + 1], tokenizer.Encode("ab<|end|>", controlTokens: true));
        Assert.Equal("ab", tokenizer.Decode(tokenizer.Encode("ab<|end|>", controlTokens: true)));
        Assert.DoesNotContain(_ranks.Count + 1, tokenizer.Encode("ab<|end|>"));
        Assert.Equal((_ranks.Count + 2, _ranks.Count, _ranks.Count + 1), (tokenizer.VocabSize, tokenizer.BosId, tokenizer.EosId));
        Assert.Equal("▁the", tokenizer.Piece(259));
    }

    [Fact]
    public void Llama_3s_own_file_has_its_own_special_tokens()
    {
        for (var number = _ranks.Count; number < 128_000; number++)
        {
            _ranks.Add(Hex($"~{number}~"));
        }

        Write("tokenizer.model", marker: null);
        var tokenizer = TextTokenizer.Load(_folder.Path);
        Assert.Equal((128_256, 128_000, 128_001), (tokenizer.VocabSize, tokenizer.BosId, tokenizer.EosId)); // ids published with meta-llama's tokenizer.py
        Assert.Equal(["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>", "<|reserved_special_token_5|>"], Enumerable.Range(128_006, 5).Select(tokenizer.Piece));
        Assert.Equal("<|reserved_special_token_250|>", tokenizer.Piece(128_255));
    }

    [Fact]
    public void A_file_of_another_family_or_with_a_broken_line_is_one_clear_error()
    {
        Write("some.tiktoken", marker: null);
        Assert.Contains("known for Llama 3 and Qwen only. Add the model's tokenizer.json", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Write("some.tiktoken", "<|im_start|>");
        File.WriteAllLines(_folder.File("some.tiktoken"), File.ReadLines(_folder.File("some.tiktoken")).SkipLast(3).ToList());
        Assert.Contains("it is incomplete or belongs to another model", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Write("some.tiktoken", "<|im_start|>");
        File.AppendAllText(_folder.File("some.tiktoken"), "YQ== x\n");
        Assert.Contains($"line {_ranks.Count + 1}", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private void Write(string file, string? marker)
    {
        File.WriteAllLines(_folder.File(file), _ranks.Select((hex, rank) => $"{Convert.ToBase64String(Convert.FromHexString(hex))} {rank}"));
        if (marker is not null)
        {
            _folder.Write("tokenizer_config.json", $$$"""{"added_tokens_decoder": {"{{{_ranks.Count}}}": {"content": "{{{marker}}}", "special": true}, "{{{_ranks.Count + 1}}}": {"content": "<|end|>", "special": true}}, "eos_token": "<|end|>"}""");
        }
    }

    /// <summary>Byte-pair encoding as tiktoken's README tells it: the whole word, or again and again the pair of lowest rank.</summary>
    private List<int> Slow(string word)
    {
        var parts = Encoding.UTF8.GetBytes(word).Select(value => Convert.ToHexString([value])).ToList();
        while (!_ranks.Contains(Hex(word)))
        {
            var best = Enumerable.Range(0, parts.Count - 1).Where(at => _ranks.Contains(parts[at] + parts[at + 1])).OrderBy(at => _ranks.IndexOf(parts[at] + parts[at + 1])).Cast<int?>().FirstOrDefault();
            if (best is not { } pair)
            {
                return parts.ConvertAll(_ranks.IndexOf);
            }

            parts[pair] += parts[pair + 1];
            parts.RemoveAt(pair + 1);
        }

        return [_ranks.IndexOf(Hex(word))];
    }
}
