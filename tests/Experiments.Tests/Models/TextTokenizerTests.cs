using System.Text;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Tests.Models;

public class TextTokenizerTests
{
    private static readonly SentencePieceModel Words = SentencePieceModel.WithBytes(["▁Bo", "▁likes", "▁what", "▁.", "▁A", "▁:", "▁", "A"]);

    [Theory]
    [InlineData("Bo likes what Bo likes .")]
    [InlineData("Bo likes .\nBo\n\nlikes")]
    [InlineData("A")]
    [InlineData("\n")]
    [InlineData(" ")]
    [InlineData("  two  spaces  ")]
    [InlineData("café — naïve, 你好 😀, tab\there, nul\0, e\u0301")]
    [InlineData("<s> </s> <unk> <0x0A>")]
    [InlineData("")]
    public void A_unigram_model_with_bytes_is_lossless(string text)
    {
        var tokenizer = new TextTokenizer(Words);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Words_of_the_vocabulary_are_one_id_and_newlines_are_their_byte()
    {
        var tokenizer = new TextTokenizer(Words);
        var ids = tokenizer.Encode("Bo likes .\nA");
        Assert.Equal(["<s>", "▁Bo", "▁likes", "▁.", "<0x0A>", "A"], ids.Select(tokenizer.Piece));
        Assert.Equal(3 + 0x0A, ids[4]);
    }

    [Fact]
    public void Text_outside_the_vocabulary_becomes_its_UTF8_bytes()
    {
        var tokenizer = new TextTokenizer(Words);
        var ids = tokenizer.Encode("é", addBos: false);
        Assert.Equal(["▁", "<0xC3>", "<0xA9>"], ids.Select(tokenizer.Piece));
    }

    [Fact]
    public void Control_tokens_are_left_out_of_text_and_half_a_character_reads_as_replacement()
    {
        var tokenizer = new TextTokenizer(Words);
        Assert.Equal("Bo likes", tokenizer.Decode([1, 259, 260, 2]));
        Assert.Equal("Bo\uFFFD likes", tokenizer.Decode([259, 3 + 0xE4, 260]));
        Assert.Equal(" ⁇ ", tokenizer.Decode([0]));
        Assert.Equal(" ⁇ ", tokenizer.Decode([9999]));
        Assert.Equal("<9999>", tokenizer.Piece(9999));
    }

    [Fact]
    public void A_reply_keeps_the_space_before_it_so_that_prompt_and_reply_join()
    {
        var tokenizer = new TextTokenizer(Words);
        var (prompt, reply) = (tokenizer.Encode("Bo"), tokenizer.Encode("likes what", addBos: false));
        Assert.Equal(" likes what", tokenizer.DecodeContinuation(prompt, reply));
        Assert.Equal("likes what", tokenizer.DecodeContinuation([1], reply));
        Assert.Equal("\uFFFD", tokenizer.DecodeContinuation([259, 3 + 0xC3], [3 + 0xA9])); // the prompt ends within a character
        Assert.Equal("é", tokenizer.Decode([3 + 0xC3, 3 + 0xA9]));
    }

    [Fact]
    public void Extra_spaces_go_where_the_model_says_so()
    {
        var tokenizer = new TextTokenizer(Words with { RemoveExtraWhitespaces = true });
        Assert.Equal("Bo likes", tokenizer.Decode(tokenizer.Encode("  Bo   likes  ")));
        Assert.Equal(["▁A"], tokenizer.Encode("A", addBos: false).Select(tokenizer.Piece));
        Assert.Empty(tokenizer.Encode("   ", addBos: false));
    }

    [Fact]
    public void A_byte_pair_model_merges_by_rank_and_falls_back_to_bytes()
    {
        string[] pieces = ["▁", "a", "b", "ab", "▁ab"];
        var model = SentencePieceModel.WithBytes(pieces);
        var tokenizer = new TextTokenizer(model with { Unigram = false, Pieces = [.. model.Pieces.Take(259), .. pieces.Select((p, rank) => new SentencePiece(p, -rank, PieceKind.Normal))] });
        Assert.Equal(["▁ab", "ab", "a", "<0x63>", "<0x0A>"], tokenizer.Encode("ababac\n", addBos: false).Select(tokenizer.Piece));
        Assert.Equal("ababac\n", tokenizer.Decode(tokenizer.Encode("ababac\n")));
    }

    [Theory]
    [InlineData(false, "Bo likes 😀", "0+0 0+2 2+6 8+1 9+2 9+2 9+2 9+2")]
    [InlineData(false, "", "0+0")]
    [InlineData(true, "  Bo   likes  é ", "0+0 2+2 4+8 12+1 14+1 14+1")]
    public void Tokens_know_their_place_in_the_text(bool removeExtraWhitespaces, string text, string places)
    {
        foreach (var unigram in new[] { true, false })
        {
            var pieces = unigram ? Words.Pieces : [.. Words.Pieces.Take(259), .. "▁;▁B;▁Bo;▁l;▁li;▁lik;▁like;▁likes;B;o;l;i;k;e;s".Split(';').Select((piece, rank) => new SentencePiece(piece, -rank, PieceKind.Normal))];
            var tokenizer = new TextTokenizer(Words with { Unigram = unigram, Pieces = pieces, RemoveExtraWhitespaces = removeExtraWhitespaces });
            Assert.Equal(places, string.Join(' ', tokenizer.Tokenize(text).Select(token => $"{token.Start}+{token.Length}")));
        }
    }

    [Fact]
    public void A_streamed_reply_keeps_the_space_behind_its_prompt_and_waits_for_whole_characters()
    {
        var tokenizer = new TextTokenizer(Words);
        var decoder = tokenizer.Stream(tokenizer.Encode("Bo"));
        Assert.Equal([" likes", "", "é", ""], new[] { 260, 3 + 0xC3, 3 + 0xA9, 2 }.Select(decoder.Add));
        Assert.Equal("", decoder.Flush());
        Assert.Equal(["", "\uFFFD likes", "", ""], new[] { 3 + 0xE4, 260, 3 + 0xE4, 3 + 0xBD }.Select(decoder.Add));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("A", tokenizer.Stream([]).Add(263)); // the dummy prefix is no text
    }

    [Fact]
    public void A_written_model_reads_back_equal()
    {
        var copy = SentencePieceModel.Parse(Words.ToBytes());
        Assert.Equal(Words.Pieces, copy.Pieces);
        Assert.Equal(Words with { Pieces = copy.Pieces }, copy);
    }

    [Fact]
    public void A_broken_or_missing_file_is_one_clear_error()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("--tokens", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes("{\"version\": 1}"), [], Words.ToBytes()[..1000], new byte[4096] })
        {
            File.WriteAllBytes(folder.File("tokenizer.model"), bytes);
            Assert.Contains("not a usable SentencePiece model", Assert.Throws<ExperimentException>(() => TextTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        }
    }
}
