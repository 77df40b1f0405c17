using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Interpretability;

public class GeneratedAttentionTests
{
    private const double Tolerance = 1e-5;

    private static readonly LlamaConfig Config = TinyModels.Config with { MaxPositionEmbeddings = 512, EosTokenIds = [2, 7, 11] };

    private static readonly int[] Beginning = [1, .. Enumerable.Range(0, 40).Select(i => 3 + (i * 5 % 19))]; // long enough to be read once for all

    public static TheoryData<string, int, int> Cases => new()
    {
        { "", 4, 512 },
        { "softmax-temperature:tau=2", 4, 3 },
        { "paper-formula", 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Statistics_gathered_while_decoding_are_those_of_prompt_and_reply_at_once(string intervention, int batch, int chunk)
    {
        using var model = TinyModels.Make(Config);
        using var hook = InterventionChain.Of(intervention.Length == 0 ? [] : [Interventions.Parse(intervention)], model);
        var options = new AttentionStudyOptions { SinkLength = 12 };
        int[][][] cases =
        [
            [[1, 9, 4, 5, 12, 3], [1, 5], [1, 6, 6, 13, 14, 15, 4, 3, 3, 16, 17, 5], [4]], // padded
            [[.. Beginning, 5], [.. Beginning, 9, 4, 12], [.. Beginning, 20, 3]], // padding behind a common beginning
        ];
        foreach (var prompts in cases)
        {
            var decoding = new GenerationOptions { MaxNewTokens = 9, BatchSize = batch, PrefillChunk = chunk, Temperature = 1, Seed = 3 };
            var observed = AttentionStudy.Generate(model, prompts, decoding, Piece, hook, options, cancellation: TestContext.Current.CancellationToken);
            var plain = TextGenerator.Generate(model, prompts, decoding, hook, cancellation: TestContext.Current.CancellationToken);
            Assert.True(plain.Select(reply => reply.Ids.Count).Distinct().Count() > 1, "no reply leaves the batch before the others");
            foreach (var (prompt, reply, (seen, text)) in prompts.Zip(plain, observed))
            {
                Assert.Equal(reply.Ids, seen.Ids);
                Equal(AttentionStudy.Observe(model, [.. prompt, .. reply.Ids.SkipLast(1)], Piece, hook, options), text);
            }
        }
    }

    [Fact]
    public void Attention_received_while_decoding_is_that_of_the_saved_patterns()
    {
        using var model = TinyModels.Make(Config);
        int[][] prompts = [[1, 9, 4, 5, 12, 3], [1, 5]];
        var observed = AttentionStudy.Generate(model, prompts, new GenerationOptions { MaxNewTokens = 6, IgnoreEos = true }, Piece, cancellation: TestContext.Current.CancellationToken);
        foreach (var (prompt, (reply, text)) in prompts.Zip(observed))
        {
            var capture = ActivationCapture.Run(model, [.. prompt, .. reply.Ids.SkipLast(1)]);
            foreach (var (layer, head) in from layer in capture.Layers from head in capture.Heads select (layer, head))
            {
                var pattern = capture.Pattern(layer, head);
                var length = prompt.Length + 5;
                for (var key = 0; key < length; key++)
                {
                    Assert.Equal(Enumerable.Range(key, length - key).Average(query => pattern[query, key]), text.Received[layer, head, key], Tolerance);
                }
            }
        }
    }

    [Fact]
    public void What_cannot_be_measured_while_decoding_is_a_clear_error()
    {
        using var model = TinyModels.Make(Config);
        string Error(int tokens, AttentionStudyOptions? options) =>
            Assert.Throws<ExperimentException>(() => AttentionStudy.Generate(model, [[1]], new GenerationOptions { MaxNewTokens = tokens }, Piece, options: options)).Message;
        Assert.Contains("at least one new token", Error(0, null), StringComparison.Ordinal);
        Assert.Contains("need whole texts", Error(1, new() { Laboratory = new() }), StringComparison.Ordinal);
    }

    private static string Piece(int id) => id == 4 ? "▁." : $"▁{id}";

    private static void Equal(SequenceAttention expected, SequenceAttention actual)
    {
        Assert.Equal(expected.Pieces, actual.Pieces);
        Assert.Equal(expected.Classes, actual.Classes);
        Assert.Equal(expected.Outliers, actual.Outliers);
        foreach (var read in new Func<SequenceAttention, Array>[] { text => text.Received, text => text.Entropy, text => text.FirstKey, text => text.BosMass, text => text.EffectiveContext, text => text.Mass })
        {
            Assert.All(read(expected).Cast<double>().Zip(read(actual).Cast<double>()), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        }
    }
}
