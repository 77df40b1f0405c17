using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class AttentionStudyTests
{
    private static readonly string[] Vocabulary = ["<unk>", "<s>", "</s>", "<0x0A>", "▁.", "▁the", "▁7", "▁Analysis"];

    private static readonly int[][] Texts = [[1, 9, 4, 5, 12, 3, 7, 10, 4], [1, 5, 11, 4], [1, 6, 6, 13, 14, 15, 4, 3, 3, 16, 17, 5]];

    [Fact]
    public void Uniform_attention_has_full_entropy_and_every_class_gets_its_expected_share()
    {
        using var model = UniformModel();
        var statistics = Run(model);
        Assert.All(statistics.NormalizedEntropy.Cast<double>(), value => Assert.Equal(1, value, 1e-5));
        Assert.All(statistics.ClassMasses, mass => Assert.Equal(1, mass.Lift, 1e-5));
        Assert.Equal(Texts.Average(text => Enumerable.Range(1, text.Length).Average(i => Math.Log(i))), statistics.Entropy[1, 2], 1e-5);
    }

    [Fact]
    public void Class_masses_of_a_layer_sum_to_one_and_outliers_are_a_part_of_them()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(RebalancePresets.Find("paper-formula"));
        foreach (var hook in new IAttentionHook?[] { null, rebalancing })
        {
            var statistics = Run(model, hook, new AttentionStudyOptions { OutlierFactor = 1, OutlierIqr = 0 });
            foreach (var layer in statistics.ClassMasses.GroupBy(mass => mass.Layer))
            {
                Assert.Equal(1, layer.Sum(mass => mass.Mass), 1e-6);
                Assert.Equal(1, layer.Sum(mass => mass.Expected), 1e-9);
                Assert.Equal(Texts.Sum(text => text.Length), layer.Sum(mass => mass.Tokens));
            }

            Assert.Contains(statistics.Outliers, outlier => outlier.Count > 0);
            Assert.All(statistics.Outliers.Zip(statistics.ClassMasses), pair =>
            {
                Assert.Equal((pair.First.Layer, pair.First.Class, pair.First.Tokens), (pair.Second.Layer, pair.Second.Class, pair.Second.Tokens));
                Assert.InRange(pair.First.Count, 0, pair.First.Tokens);
                Assert.InRange(pair.First.Mass, 0, pair.Second.Mass + 1e-9);
            });
        }
    }

    [Theory]
    [InlineData(64, 4)]
    [InlineData(200, 4)] // in two pieces
    [InlineData(1000, 4)] // more than there are
    [InlineData(64, 64)] // heads in pieces too
    public void A_long_text_read_in_pieces_has_the_statistics_of_the_whole_pattern(int sinkLength, int heads)
    {
        using var model = TinyModels.Make(TinyModels.Config with { HiddenSize = 4 * heads, NumAttentionHeads = heads, NumKeyValueHeads = heads / 2, MaxPositionEmbeddings = 512 });
        var random = new Random(2);
        int[] ids = [1, .. Enumerable.Range(0, 299).Select(_ => random.Next(3, 17))];
        var options = new AttentionStudyOptions { SinkLength = sinkLength };
        var pieces = AttentionStudy.Observe(model, ids, Piece, options: options);
        var whole = AttentionStudy.Observe(model, ids, Piece, new WholePatterns(), options);
        Assert.Equal(300, pieces.Received.GetLength(2));
        foreach (var read in new Func<SequenceAttention, Array>[] { text => text.Received, text => text.Entropy, text => text.FirstKey, text => text.BosMass, text => text.EffectiveContext, text => text.Mass })
        {
            Assert.All(read(whole).Cast<double>().Zip(read(pieces).Cast<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // rows that do not sum to 1
    public void The_laboratory_reads_a_long_text_in_pieces_too(bool rebalanced)
    {
        using var model = TinyModels.Make(TinyModels.Config with { MaxPositionEmbeddings = 512 });
        using var rebalancing = rebalanced ? new Rebalancing(new RebalanceOptions { Alpha = 2, Threshold = 0.003 }) : null;
        var random = new Random(2);
        int[] ids = [1, .. Enumerable.Range(0, 299).Select(_ => random.Next(3, 17))];
        var options = new AttentionStudyOptions { Laboratory = new LaboratoryOptions() };
        var pieces = AttentionStudy.Observe(model, ids, Piece, rebalancing, options).Laboratory!;
        var whole = AttentionStudy.Observe(model, ids, Piece, HookChain.Of(rebalancing, new WholePatterns()), options).Laboratory!;
        foreach (var read in new Func<LaboratoryReading, IEnumerable<double>>[]
        {
            reading => reading.Heads!.SelectMany(head => new[] { head.PreviousToken, head.DuplicateToken, head.Induction, head.Local, head.EffectiveContext }),
            reading => reading.Values!.SelectMany(layer => layer.Mass.Concat(layer.OutputNorms.Cast<double>()).Concat(layer.ValueNorms.Cast<double>())),
            reading => reading.Rollout!.Cast<double>(),
            reading => reading.HiddenStates!.Select(layer => layer.Largest),
        })
        {
            Assert.All(read(whole).Zip(read(pieces), (all, some) => (all, some)), pair => Assert.Equal(pair.all, pair.some, 1e-5 * Math.Max(1, Math.Abs(pair.all))));
        }

        Assert.Equal(300 * 300, pieces.Rollout!.Length);
        Assert.All(Enumerable.Range(0, 300), row => Assert.Equal(1, Enumerable.Range(0, 300).Sum(key => pieces.Rollout[row, key]), 1e-4));
    }

    [Fact]
    public void Classes_follow_the_pieces_and_the_config_says_what_BOS_is()
    {
        using var model = TinyModels.Make();
        var text = AttentionStudy.Observe(model, [1, 9, 4, 5, 6, 3, 7, 2], Piece);
        Assert.Equal([TokenClass.Bos, TokenClass.Content, TokenClass.Punctuation, TokenClass.StopWord, TokenClass.Digit, TokenClass.Newline, TokenClass.HeaderWord, TokenClass.Special], text.Classes);
        Assert.Equal(TokenClass.Bos, AttentionStudy.Observe(model, [1, 9], id => $"<{id}>").Classes[0]);
        Assert.Equal(((3, 4, 8), (3, 8)), ((text.Received.GetLength(0), text.Received.GetLength(1), text.Received.GetLength(2)), (text.Mass.GetLength(0), text.Mass.GetLength(1))));
    }

    [Fact]
    public void A_repeated_token_makes_no_sink_and_a_forced_sink_is_found()
    {
        using var model = Golden.Load("a_mha");
        var repeated = AttentionStudy.Run(model, [[.. Enumerable.Repeat(5, 64)]], Piece, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, repeated.ModelSinkRate);
        var forced = AttentionStudy.Run(model, Texts, Piece, new FirstKeyOnly(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(100, forced.ModelSinkRate);
        Assert.All(forced.BosMass.Cast<double>(), mass => Assert.Equal(1, mass, 1e-6));
        Assert.All(forced.NormalizedEntropy.Cast<double>(), entropy => Assert.Equal(0, entropy, 1e-6));

        // In the text of four tokens c/T is above 1, so nothing can be an outlier there: 21 of 25 tokens' attention is left.
        Assert.All(forced.Outliers.Where(outlier => outlier.Class == TokenClass.Bos), outlier => Assert.Equal((2, 0.84), (outlier.Count, Math.Round(outlier.Mass, 6))));
    }

    [Fact]
    public void Entropy_behind_an_intervention_is_that_of_each_rows_shares()
    {
        using var model = TinyModels.Make();
        using var doubled = new Rebalancing(new RebalanceOptions { Alpha = 1, Uniform = true, FirstLayer = 1, Decay = Decay.Constant });
        var (before, after) = (AttentionStudy.Observe(model, Texts[0], Piece), AttentionStudy.Observe(model, Texts[0], Piece, doubled));
        Assert.Equal(2 * before.FirstKey[1, 0], after.FirstKey[1, 0], 1e-6);
        Assert.Equal(before.Entropy[1, 0], after.Entropy[1, 0], 1e-6); // layer 1 is the first whose rows are doubled, so it still reads what it read before
    }

    [Fact]
    public void Statistics_show_what_is_multiplied_with_the_values()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(RebalancePresets.Find("paper-formula"));
        var (before, after) = (AttentionStudy.Observe(model, Texts[0], Piece), AttentionStudy.Observe(model, Texts[0], Piece, rebalancing));
        Assert.Equal(before.Received[0, 0, 0], after.Received[0, 0, 0], 1e-9);
        Assert.True(after.Received[1, 0, 0] > before.Received[1, 0, 0] * 1.05);
    }

    [Fact]
    public void Expected_shares_are_those_of_even_attention()
    {
        Assert.Equal((1 + (1 / 2.0) + (1 / 3.0)) / 3, TextAttention.UniformShares(3)[0], 1e-12);
        Assert.Equal(1 / 9.0, TextAttention.UniformShares(3)[2], 1e-12);
    }

    [Fact]
    public void Intervals_come_from_resampled_texts_and_depend_on_the_seed_only()
    {
        using var model = TinyModels.Make();
        var statistics = Run(model);
        Assert.All(statistics.ClassMasses, mass => Assert.InRange(mass.Mass, mass.Low!.Value - 1e-9, mass.High!.Value + 1e-9));
        Assert.Contains(statistics.ClassMasses, mass => mass.High > mass.Low + 0.01);
        Assert.Equal(statistics.ClassMasses, Run(model).ClassMasses);
        var twins = AttentionStudy.Run(model, [Texts[0], Texts[0]], Piece, cancellation: TestContext.Current.CancellationToken);
        Assert.All(twins.ClassMasses, mass => Assert.Equal(mass.Mass, mass.Low!.Value, 1e-9));
        var one = AttentionStudy.Run(model, [Texts[0]], Piece, cancellation: TestContext.Current.CancellationToken);
        Assert.All(one.ClassMasses, mass => Assert.Null(mass.Low));
    }

    [Fact]
    public void Bad_input_is_a_clear_error_and_cancellation_stops()
    {
        using var model = TinyModels.Make();
        Assert.Throws<ExperimentException>(() => AttentionStudy.Run(model, [], Piece, cancellation: TestContext.Current.CancellationToken));
        Assert.Throws<ExperimentException>(() => AttentionStudy.Observe(model, [], Piece));
        Assert.Throws<ExperimentException>(() => AttentionStudy.Observe(model, [99], Piece));
        Assert.Throws<ExperimentException>(() => AttentionStudy.Observe(model, [1], Piece, options: new() { SinkEpsilon = 2 }));
        Assert.Throws<OperationCanceledException>(() => AttentionStudy.Run(model, Texts, Piece, cancellation: new CancellationToken(true)));
    }

    private static string Piece(int id) => id < Vocabulary.Length ? Vocabulary[id] : "▁w" + (char)('a' + id - Vocabulary.Length);

    private static AttentionStatistics Run(LlamaForCausalLM model, IAttentionHook? hook = null, AttentionStudyOptions? options = null) =>
        AttentionStudy.Run(model, Texts, Piece, hook, options, cancellation: TestContext.Current.CancellationToken);

    private static LlamaForCausalLM UniformModel()
    {
        var model = TinyModels.Make();
        using var noGrad = no_grad();
        foreach (var (_, weight) in model.named_parameters().Where(p => p.name.EndsWith("q_proj.weight", StringComparison.Ordinal)))
        {
            weight.zero_();
        }

        return model;
    }

    private sealed class FirstKeyOnly : IAttentionHook
    {
        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            var forced = zeros_like(pattern);
            forced.select(3, 0).fill_(1);
            return forced;
        }
    }

    /// <summary>Keeps patterns whole by being there.</summary>
    private sealed class WholePatterns : IAttentionHook
    {
        public Tensor? OnPattern(AttentionSite site, Tensor pattern) => null;
    }
}
