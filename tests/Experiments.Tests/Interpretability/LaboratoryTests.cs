using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

/// <summary>The statistics together, on whole passes.</summary>
public class LaboratoryTests
{
    private static readonly int[][] Texts = [[1, 9, 4, 5, 12, 3, 7, 10, 4], [1, 5, 11, 4], [1, 6, 6, 13, 14, 15, 4, 3, 3, 16, 17, 5]];

    private static readonly AttentionStudyOptions All = new() { Laboratory = new() };

    [Fact]
    public void Nothing_is_measured_that_was_not_asked_for()
    {
        using var model = TinyModels.Make();
        Assert.Null(Observe(model, new()).Laboratory);
        Assert.Null(Run(model, new()).Laboratory);
        var heads = Observe(model, new() { Laboratory = new() { HiddenStates = false, Rollout = false, ValueWeighting = false } }).Laboratory!;
        Assert.Equal(12, heads.Heads!.Count);
        Assert.Equal((null, null, null, null), (heads.HiddenStates, heads.Rollout, heads.RolloutMass, heads.Values));
        var values = Run(model, new() { Laboratory = new() { Heads = false } }).Laboratory!;
        Assert.Null(values.Heads);
        Assert.NotNull(values.ValueClassMasses);
    }

    [Fact]
    public void Settings_and_numbers_of_plain_statistics_are_saved_as_before()
    {
        using var model = TinyModels.Make();
        const string before = """{"sinkEpsilon":0.3,"sinkLength":64,"outlierIqr":1.5,"outlierFactor":5,"outlierMinimumQueries":1,"resamples":1000,"confidence":0.95,"seed":0}""";
        Assert.Equal(before, System.Text.Json.JsonSerializer.Serialize(new AttentionStudyOptions(), RunJson.Compact));
        Assert.DoesNotContain("aboratory", RunJson.Document(Run(model, new())), StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_over_texts_come_back_from_their_file()
    {
        using var model = TinyModels.Make();
        using var folder = new TemporaryFolder();
        var statistics = Run(model, All);
        var path = folder.Write("metrics.json", RunJson.Document(statistics));
        Assert.Equal(RunJson.Document(statistics.Laboratory), RunJson.Document(RunJson.Read<AttentionStatistics>(path).Laboratory));
    }

    [Fact]
    public void Uniform_attention_has_the_effective_context_that_is_seen_and_makes_broad_heads()
    {
        using var model = TinyModels.Make();
        using var noGrad = no_grad();
        foreach (var (_, weight) in model.named_parameters().Where(p => p.name.EndsWith("q_proj.weight", StringComparison.Ordinal)))
        {
            weight.zero_();
        }

        var text = Observe(model, All);
        Assert.All(text.EffectiveContext.Cast<double>(), context => Assert.Equal((Texts[0].Length + 1) / 2.0, context, 1e-4));
        Assert.All(text.Laboratory!.Heads!, head => Assert.Equal(HeadCategory.Broad, head.Category));
        Assert.Equal(Texts.Average(tokens => (tokens.Length + 1) / 2.0), Run(model, All).Laboratory!.Heads![5].EffectiveContext, 1e-4);
    }

    [Fact]
    public void Rows_of_the_rollout_sum_to_one_with_and_without_an_intervention()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(RebalancePresets.Find("paper-formula"));
        foreach (var hook in new IAttentionHook?[] { null, rebalancing })
        {
            var reading = AttentionStudy.Observe(model, Texts[0], Piece, hook, All).Laboratory!;
            Assert.All(Enumerable.Range(0, Texts[0].Length), query => Assert.Equal(1, Enumerable.Range(0, Texts[0].Length).Sum(key => reading.Rollout![query, key]), 1e-5));
            Assert.Equal(0, reading.Rollout![0, 1]);
            Assert.Equal(1, reading.RolloutMass!.Sum(), 1e-5);
            Assert.Equal(Enumerable.Range(0, Texts[0].Length).Average(query => reading.Rollout[query, 2]), reading.RolloutMass![2], 1e-9);
        }
    }

    [Fact]
    public void Rows_sum_to_one_and_re_balanced_ones_to_at_most_one_and_alpha()
    {
        using var model = TinyModels.Make();
        const double alpha = 0.5;
        using var rebalancing = new Rebalancing(new RebalanceOptions { Alpha = alpha });
        double[] Sums(IAttentionHook? hook)
        {
            var capture = ActivationCapture.Run(model, Texts[2], hook: hook);
            return [.. from layer in capture.Layers from head in capture.Heads let pattern = capture.Pattern(layer, head) from query in Enumerable.Range(0, capture.Ids.Count) select Enumerable.Range(0, capture.Ids.Count).Sum(key => pattern[query, key])];
        }

        Assert.All(Sums(null), sum => Assert.Equal(1, sum, 1e-6));
        Assert.All(Sums(rebalancing), sum => Assert.InRange(sum, 1 - 1e-6, 1 + alpha + 1e-6));
        Assert.Contains(Sums(rebalancing), sum => sum > 1.05);
    }

    [Fact]
    public void Class_masses_under_value_weights_and_rollout_sum_to_one_with_intervals_over_texts()
    {
        using var model = TinyModels.Make();
        var statistics = Run(model, All);
        var laboratory = statistics.Laboratory!;
        Assert.Equal(statistics.ClassMasses.Select(mass => (mass.Layer, mass.Class, mass.Tokens, mass.Expected)), laboratory.ValueClassMasses!.Select(mass => (mass.Layer, mass.Class, mass.Tokens, mass.Expected)));
        Assert.All(laboratory.ValueClassMasses!.GroupBy(mass => mass.Layer), layer => Assert.Equal(1, layer.Sum(mass => mass.Mass), 1e-5));
        Assert.Equal(1, laboratory.RolloutClassMasses!.Sum(mass => mass.Mass), 1e-5);
        Assert.All(laboratory.ValueClassMasses!.Concat(laboratory.RolloutClassMasses!), mass => Assert.InRange(mass.Mass, mass.Low!.Value - 1e-9, mass.High!.Value + 1e-9));
        Assert.Contains(laboratory.ValueClassMasses!, mass => mass.High > mass.Low + 0.01);
        Assert.Contains(laboratory.ValueClassMasses!.Zip(statistics.ClassMasses), pair => Math.Abs(pair.First.Mass - pair.Second.Mass) > 0.01);
    }

    [Fact]
    public void Over_texts_scores_are_means_and_hidden_states_are_counted()
    {
        using var model = TinyModels.Make();
        var options = All with { Laboratory = new() { MassiveMagnitude = 0, MassiveRatio = 3, SecondarySinkCosine = 0.2 } };
        var statistics = Run(model, options).Laboratory!;
        var texts = Array.ConvertAll(Texts, ids => AttentionStudy.Observe(model, ids, Piece, options: options).Laboratory!);
        Assert.Equal(texts.Average(text => text.Heads![7].Induction), statistics.Heads![7].Induction, 1e-9);
        Assert.Equal((1, 3), (statistics.Heads[7].Layer, statistics.Heads[7].Head));
        Assert.Equal(texts.Where(text => !double.IsNaN(text.Heads![7].Local)).Average(text => text.Heads![7].Local), statistics.Heads[7].Local, 1e-9); // the text of four tokens has none
        foreach (var (layer, summary) in statistics.HiddenStates!.Index())
        {
            HiddenStateReading[] readings = Array.ConvertAll(texts, text => text.HiddenStates![layer]);
            Assert.Equal(readings.Average(reading => reading.Massive), summary.Massive, 1e-9);
            Assert.Equal(100 * readings.Count(reading => reading.Massive > 0) / 3.0, summary.MassiveTexts, 1e-9);
            Assert.Equal((readings.Max(reading => reading.Largest), readings.Max(reading => reading.LargestRatio)), (summary.Largest, summary.LargestRatio));
            Assert.Equal(100.0 * readings.Sum(reading => reading.SecondarySinks.Count) / 22, summary.SecondarySinks, 1e-9);
        }

        Assert.Contains(statistics.HiddenStates!, summary => summary is { Massive: > 0, SecondarySinks: > 0 });
    }

    [Fact]
    public void An_observer_changes_no_bit_of_the_logits()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions());
        using var pass = new LaboratoryPass(new(), Texts[0]);
        var ids = Golden.Ids(Texts[0]);
        var (hooked, observed) = (model.Forward(ids, hook: rebalancing), model.Forward(ids, hook: HookChain.Of(rebalancing, pass.Hook), observer: pass.Observer));
        Assert.True(hooked.equal(observed).all().item<bool>());
        Assert.True(model.Forward(ids).equal(model.Forward(ids, observer: null)).all().item<bool>());
        Assert.True(model.Forward(ids).allclose(model.Forward(ids, observer: new Nothing()), rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void Settings_out_of_range_are_clear_errors()
    {
        using var model = TinyModels.Make();
        string Error(LaboratoryOptions options) => Assert.Throws<ExperimentException>(() => Observe(model, new() { Laboratory = options })).Message;
        Assert.Contains("massive ratio is -1", Error(new() { MassiveRatio = -1 }), StringComparison.Ordinal);
        Assert.Contains("cosine is 2", Error(new() { SecondarySinkCosine = 2 }), StringComparison.Ordinal);
        Assert.Contains("local window is 0", Error(new() { Categories = new() { LocalWindow = 0 } }), StringComparison.Ordinal);
    }

    private static string Piece(int id) => id == 1 ? "<s>" : id < 6 ? "▁." : id < 9 ? "▁the" : "▁w" + (char)('a' + id - 9);

    private static SequenceAttention Observe(LlamaForCausalLM model, AttentionStudyOptions options) => AttentionStudy.Observe(model, Texts[0], Piece, options: options);

    private static AttentionStatistics Run(LlamaForCausalLM model, AttentionStudyOptions options) =>
        AttentionStudy.Run(model, Texts, Piece, options: options, cancellation: TestContext.Current.CancellationToken);

    private sealed class Nothing : IAttentionObserver;
}
