using System.Text.Json;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Architecture;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class InterventionTests
{
    private static readonly int[] Text = [1, 4, 2, 8, 5, 7, 7, 3, 9, 6];

    [Theory]
    [MemberData(nameof(InterventionCases.Names), MemberType = typeof(InterventionCases))]
    public void Cached_decoding_and_chunks_give_what_a_full_prefill_gives(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        using var hook = InterventionCases.Find(name).CreateHook(model);
        var whole = model.Forward(Golden.Ids(Text), hook: hook);
        using var cache = new KeyValueCache(model.Config);
        var parts = new[] { Text[..4], Text[4..7], Text[7..8], Text[8..9], Text[9..] }.Select(part => model.Forward(Golden.Ids(part), cache, hook: hook)).ToArray();
        Golden.Close(whole, cat(parts, 1), 1e-5);
        Assert.True(Golden.Difference(whole, model.Forward(Golden.Ids(Text))) > 1e-3, "the intervention changes nothing");
    }

    [Theory]
    [MemberData(nameof(InterventionCases.Names), MemberType = typeof(InterventionCases))]
    public void A_text_is_continued_alike_alone_and_padded_in_a_batch(string name)
    {
        using var model = TinyModels.Make();
        using var hook = InterventionCases.Find(name).CreateHook(model);
        var options = new GenerationOptions { MaxNewTokens = 8, IgnoreEos = true, PrefillChunk = 4 };
        int[][] prompts = [[1, 4], Text, [1, 4, 2, 2, 6], [1, 4, 2, 8, 5, 20, 11]];
        foreach (var (prompt, reply) in prompts.Zip(TextGenerator.Generate(model, prompts, options, hook, cancellation: TestContext.Current.CancellationToken)))
        {
            var alone = TextGenerator.Generate(model, [prompt], options, hook, cancellation: TestContext.Current.CancellationToken)[0];
            Assert.Equal(alone.Ids, reply.Ids);
            Assert.Equal(alone.Margin!.Value, reply.Margin!.Value, 1e-3);
        }
    }

    [Theory]
    [MemberData(nameof(InterventionCases.Names), MemberType = typeof(InterventionCases))]
    public void A_long_prompt_comes_in_pieces_and_gives_what_the_whole_pattern_gives(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make(TinyModels.Config with { MaxPositionEmbeddings = 512 });
        const double Often = 0.003; // marks keys in every row of 300
        using var hook = (InterventionCases.Find(name) switch
        {
            RebalanceOptions options => options with { Threshold = Often },
            RebalanceControl control => control with { Rebalance = control.Rebalance with { Threshold = Often } },
            var other => other,
        }).CreateHook(model);
        var random = new Random(1);
        var ids = cat([.. Enumerable.Range(0, 2).Select(_ => Golden.Ids([1, .. Enumerable.Range(0, 299).Select(_ => random.Next(3, model.Config.VocabSize))]))]);
        var padding = ones([2, 300], ScalarType.Bool);
        padding[1, ..140] = tensor(false);
        foreach (var keyMask in new Tensor?[] { null, padding })
        {
            var (pieces, whole) = (new Watched(hook, rowByRow: true), new Watched(hook, rowByRow: false));
            var inPieces = model.Forward(ids, keyMask: keyMask, hook: pieces);
            Golden.Close(model.Forward(ids, keyMask: keyMask, hook: whole), inPieces, 1e-4);
            Assert.Equal([(0, 128, 128), (128, 128, 256), (256, 44, 300)], pieces.Seen.Take(3));
            Assert.Equal((0, 300, 300), whole.Seen[0]);
            var plain = model.Forward(ids, keyMask: keyMask);
            Assert.True(Golden.Difference(plain[.., 299], inPieces[.., 299]) > 1e-4, "the intervention changes nothing in the last piece");
        }
    }

    [Fact]
    public void Many_heads_come_a_few_at_a_time_and_give_what_all_together_give()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make(TinyModels.Config with { HiddenSize = 128, NumAttentionHeads = 64, NumKeyValueHeads = 32, MaxPositionEmbeddings = 512 });
        using var hook = new Rebalancing(new RebalanceOptions { Alpha = 2, Threshold = 0.003 });
        var random = new Random(1);
        var ids = Golden.Ids([1, .. Enumerable.Range(0, 299).Select(_ => random.Next(3, model.Config.VocabSize))]);
        var (some, all) = (new Watched(hook, rowByRow: true), new Watched(hook, rowByRow: false));
        var logits = model.Forward(ids, hook: some);
        Golden.Close(model.Forward(ids, hook: all), logits, 1e-4);
        Assert.True(Golden.Difference(model.Forward(ids), logits) > 1e-4, "the intervention changes nothing");
        Assert.Equal([0, 0, 32, 0], some.FirstHeads.Take(4)); // a piece holds a million weights: all 64 heads of 128 queries and keys, or 32 of 128 by 256, or 64 of 44 by 300
        Assert.Equal([0], all.FirstHeads.Distinct());
    }

    [Fact]
    public void An_observer_of_whole_patterns_keeps_the_pattern_whole()
    {
        using var hook = new Rebalancing(new RebalanceOptions());
        using var shared = new Rebalancing(new RebalanceOptions { Sharing = MaskSharing.MeanOverHeads });
        Assert.True(hook is { RowByRow: true, HeadByHead: true });
        Assert.True(HookChain.Of(hook, hook) is { RowByRow: true, HeadByHead: true });
        Assert.True(HookChain.Of(hook, shared) is { RowByRow: true, HeadByHead: false });
        Assert.False(HookChain.Of(hook, new Watched(hook, rowByRow: false))!.RowByRow);
    }

    [Fact]
    public void Interventions_run_in_the_order_in_which_they_are_given()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        Tensor Last(params Intervention[] interventions)
        {
            using var hook = InterventionChain.Of(interventions, model);
            return model.Forward(Golden.Ids(Text), hook: hook);
        }

        Intervention sink = new SinkDownWeighting { Beta = 0.1 }, boost = new RebalanceOptions { Alpha = 3, Threshold = 0.1 };
        Assert.Null(InterventionChain.Of([], model));
        Assert.True(Golden.Difference(Last(sink, boost), Last(boost, sink)) > 1e-3);
        Assert.True(Golden.Difference(Last(sink, boost), Last(sink)) > 1e-3);
        Golden.Close(Last(sink), Last(sink, new SoftmaxTemperature { Tau = 1 }), 0);
        Assert.Contains("layers 0 to 2", Assert.Throws<ExperimentException>(() => InterventionChain.Of([sink, new SpanSteering { LastLayer = 3 }], model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_go_through_json_with_their_kind_and_through_a_line_of_text()
    {
        IReadOnlyList<Intervention> all = [.. InterventionCases.All, .. RebalancePresets.Names.Select(RebalancePresets.Find)];
        var json = RunJson.Document(all);
        Assert.Equal(json, RunJson.Document(JsonSerializer.Deserialize<IReadOnlyList<Intervention>>(json, RunJson.Indented)!));
        Assert.All(all, intervention => Assert.Equal(JsonSerializer.Serialize(intervention), JsonSerializer.Serialize(Interventions.Parse(Interventions.Text(intervention)))));
        Assert.Equal("""{"kind":"span-steering","first":1,"last":16,"alpha":0.5,"firstLayer":null,"lastLayer":null}""", JsonSerializer.Serialize<Intervention>(new SpanSteering { Alpha = 0.5 }, RunJson.Compact));
    }

    [Fact]
    public void Re_balancing_alone_is_written_as_before_so_that_earlier_runs_are_still_found()
    {
        const string before = """{"alpha":0.2,"threshold":0.01,"renormalizeRows":false,"includeDiagonal":false,"sourceLayer":0,"firstLayer":null,"lastLayer":null,"sharing":"perHead","decay":"linear","uniform":false}""";
        Assert.Equal(before, JsonSerializer.Serialize(new RebalanceOptions(), RunJson.Compact));
        foreach (var (experiment, type) in new[] { (BenchmarkStudy.Experiment, typeof(BenchmarkOptions)), (AttentionReport.Experiment, typeof(AttentionReportOptions)) })
        {
            var run = CompletedRun.Open(Directory.GetDirectories(Path.Combine(FloorTests.Root(), "results", "reference", experiment))[0]);
            Assert.Equal(ContentHash.Of(run.Manifest.Config), ContentHash.Of(run.Manifest.Config.Deserialize(type, RunJson.Indented)!));
        }
    }

    [Fact]
    public void Settings_out_of_range_are_rejected_by_name()
    {
        Intervention[] wrong =
        [
            new SoftmaxTemperature { Tau = 0 }, new SoftmaxTemperature { Tau = double.NaN }, new SinkDownWeighting { Beta = -1 }, new SpanSteering { First = -1 }, new SpanSteering { First = 5, Last = 4 },
            new SpanSteering { Alpha = 0 }, new AttentionCalibration { Beta = 1.5 }, new AttentionCalibration { Threshold = 1 }, new AttentionCalibration { Positions = [-1] },
            new SinkDownWeighting { FirstLayer = -1 }, new SinkDownWeighting { FirstLayer = 2, LastLayer = 1 }, new OtherLayerMask { Layer = 0 }, new OtherLayerMask { Layer = -1 }, new OtherSequenceMask(),
            new RandomMask { Rebalance = new RebalanceOptions { Uniform = true } },
            new MassiveActivations { Threshold = -1 }, new MassiveActivations { Ratio = double.NaN }, new MassiveActivations { To = MassiveReplacement.Mean }, new MassiveActivations { Tokens = [1] },
            new MassiveActivations { FirstLayer = 2, LastLayer = 1 },
        ];
        Assert.All(wrong, intervention => Assert.StartsWith($"{intervention.Name}: ", Assert.Throws<ExperimentException>(() => intervention.Validate()).Message, StringComparison.Ordinal));
        using var model = TinyModels.Make();
        Assert.Contains("one behind it must be left", Assert.Throws<ExperimentException>(() => new OtherLayerMask { Layer = 2 }.CreateHook(model)).Message, StringComparison.Ordinal);
        Assert.Contains("outside the vocabulary", Assert.Throws<ExperimentException>(() => new OtherSequenceMask { Tokens = [1, 99] }.CreateHook(model)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "There is no intervention 'nothing'. Known: re-balancing, softmax-temperature")]
    [InlineData("span-steering:width=3", "'width' is not a setting. Known: first, last, alpha, first-layer, last-layer.")]
    [InlineData("span-steering:alpha=much", "alpha is 'much'; give a number")]
    [InlineData("span-steering:first", "first is ''; give a whole number")]
    [InlineData("random-mask:sharing=some", "give one of per-head, mean-over-heads")]
    [InlineData("re-balancing:uniform=perhaps", "give true or false")]
    [InlineData("attention-calibration:positions=3+x", "joined by plus")]
    [InlineData("softmax-temperature:tau=0", "tau is 0")]
    public void Text_that_is_not_understood_says_what_is(string text, string says) =>
        Assert.Contains(says, Assert.Throws<ExperimentException>(() => Interventions.Parse(text)).Message, StringComparison.Ordinal);

    private sealed class Watched(IAttentionHook hook, bool rowByRow) : IAttentionHook
    {
        internal List<(int Past, int Queries, int Keys)> Seen { get; } = [];

        internal List<int> FirstHeads { get; } = [];

        public bool RowByRow => rowByRow;

        public bool HeadByHead => hook.HeadByHead;

        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            FirstHeads.Add(site.FirstHead);
            Seen.Add((site.PastLength, (int)pattern.shape[2], (int)pattern.shape[3]));
            return hook.OnPattern(site, pattern);
        }

        public Tensor? OnHidden(AttentionSite site, Tensor hidden) => hook.OnHidden(site, hidden);
    }
}
