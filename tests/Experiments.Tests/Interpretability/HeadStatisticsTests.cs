using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

/// <summary>Statistics by layer and head over texts, against numbers worked out by hand.</summary>
public class HeadStatisticsTests
{
    private const double Near = 1e-6;

    private static readonly float[,] Spread = { { 1, 0, 0 }, { 0.5f, 0.5f, 0 }, { 0.2f, 0.3f, 0.5f } }; // keys receive 1.7, 0.8, 0.5 of 3

    private static readonly float[,] First = { { 1, 0, 0 }, { 1.5f, 0, 0 }, { 1, 0, 0 } }; // an intervention raised a row

    private static readonly int[][] Texts = [[1, 9, 4, 5, 12, 3, 7, 10, 4], [1, 5, 11, 4], [1, 6, 6, 13, 14, 15, 4, 3, 3, 16, 17, 5]];

    [Fact]
    public void Each_head_has_its_own_share_and_all_heads_the_share_that_positions_explain()
    {
        var statistics = AttentionStudy.Summarize([Text(["<s>", "▁.", "▁x"], Spread, First)]);
        HeadMass Of(TokenClass kind) => Assert.Single(statistics.HeadMasses!, mass => mass.Class == kind);
        Assert.Equal([1.7 / 3, 1], Of(TokenClass.Bos).Heads.Mass.Cast<double>(), Alike);
        Assert.Equal([0.8 / 3, 0], Of(TokenClass.Punctuation).Heads.Mass.Cast<double>(), Alike);
        Assert.Equal([0.5 / 3, 0], Of(TokenClass.Content).Heads.Mass.Cast<double>(), Alike);
        Assert.Equal(((1 / 2.0) + (1 / 3.0)) / 3, Of(TokenClass.Punctuation).Expected, Near); // key 2 of 3 is seen by two queries
        Assert.Equal((1, null), (Of(TokenClass.Punctuation).Tokens, Of(TokenClass.Punctuation).Heads.Low));
        Assert.Null(statistics.Intervals);

        // The layer's attention is 3 + 3.5; of it the point got 0.8.
        Assert.Equal((0.8 / 6.5, 0.8 / 3), (statistics.NonSemantic!.Layers[0].Mass, statistics.NonSemantic.Heads.Mass[0, 0]), (a, b) => Alike(a.Item1, b.Item1) && Alike(a.Item2, b.Item2));
    }

    [Fact]
    public void The_interval_of_all_non_semantic_tokens_is_that_of_their_sum()
    {
        // One text has a point where the other has a line break: the classes vary, their sum does not.
        var statistics = AttentionStudy.Summarize([Text(["▁x", "▁.", "▁y"], Spread, First), Text(["▁x", "<0x0A>", "▁y"], Spread, First)]);
        var together = statistics.NonSemantic!;
        Assert.Equal([0.8 / 3, 0.8 / 3, 0.8 / 3], [together.Heads.Mass[0, 0], together.Heads.Low![0, 0], together.Heads.High![0, 0]], Alike);
        Assert.Equal([0.8 / 6.5, 0.8 / 6.5, 0.8 / 6.5], [together.Layers[0].Mass, together.Layers[0].Low!.Value, together.Layers[0].High!.Value], Alike);
        foreach (var kind in new[] { TokenClass.Punctuation, TokenClass.Newline })
        {
            var heads = Assert.Single(statistics.HeadMasses!, mass => mass.Class == kind).Heads;
            Assert.Equal([0.4 / 3, 0, 0.8 / 3], [heads.Mass[0, 0], heads.Low![0, 0], heads.High![0, 0]], Alike);
        }
    }

    [Fact]
    public void Texts_count_by_their_tokens_in_shares_and_alike_in_means()
    {
        // Of two texts, a quarter of the draws holds one alone: the 95 % interval reaches from one text to the other.
        var (three, one) = (Text(["▁x", "▁.", "▁y"], Spread, First), Text(["▁."], new float[,] { { 1 } }, new float[,] { { 1 } }));
        var statistics = AttentionStudy.Summarize([three, one]);
        var shares = statistics.NonSemantic!.Heads;
        Assert.Equal([((3 * 0.8 / 3) + 1) / 4, 0.8 / 3, 1], [shares.Mass[0, 0], shares.Low![0, 0], shares.High![0, 0]], Alike);
        var (entropy, first) = (three.Entropy[0, 0], 1.7 / 3);
        var intervals = statistics.Intervals!;
        Assert.Equal([entropy / 2, 0, entropy], [statistics.Entropy[0, 0], intervals.Entropy.Low[0, 0], intervals.Entropy.High[0, 0]], Alike);
        Assert.Equal([(first + 1) / 2, first, 1], [statistics.BosMass[0, 0], intervals.BosMass.Low[0, 0], intervals.BosMass.High[0, 0]], Alike);
        Assert.Equal([50, 0, 100], Sinks(AttentionStudy.Summarize([three, one], new() { SinkEpsilon = 0.9 })), Alike);

        // A single token has no normalised entropy: only the other text counts, and draws without it have no mean.
        Assert.All([statistics.NormalizedEntropy, intervals.NormalizedEntropy.Low, intervals.NormalizedEntropy.High], values => Assert.Equal(three.NormalizedEntropy[0, 0], values[0, 0], Near));
        Assert.True(double.IsNaN(AttentionStudy.Summarize([one, one]).NormalizedEntropy[0, 0]));

        static double[] Sinks(AttentionStatistics statistics) => [statistics.SinkRate[0, 0], statistics.Intervals!.SinkRate.Low[0, 0], statistics.Intervals.SinkRate.High[0, 0]];
    }

    [Fact]
    public void Texts_read_one_after_the_other_give_what_their_single_statistics_give_and_come_back_from_a_file()
    {
        using var model = TinyModels.Make();
        using var folder = new TemporaryFolder();
        using var rebalancing = new Rebalancing(RebalancePresets.Find("paper-formula"));
        var options = new AttentionStudyOptions { Laboratory = new(), OutlierFactor = 1, OutlierIqr = 0 };
        var run = AttentionStudy.Run(model, Texts, Piece, rebalancing, options, cancellation: TestContext.Current.CancellationToken);
        var joined = AttentionStudy.Summarize([.. Texts.Select(ids => AttentionStudy.Observe(model, ids, Piece, rebalancing, options))], options);
        Assert.Equal(RunJson.Document(joined), RunJson.Document(run));
        Assert.Equal(RunJson.Document(run), RunJson.Document(RunJson.Read<AttentionStatistics>(folder.Write("metrics.json", RunJson.Document(run)))));
        Assert.All(from layer in Enumerable.Range(0, 3) from head in Enumerable.Range(0, 4) select run.HeadMasses!.Sum(mass => mass.Heads.Mass[layer, head]), sum => Assert.Equal(1, sum, Near));
    }

    [Fact]
    public void Nothing_of_a_text_that_was_read_is_held()
    {
        using var model = TinyModels.Make();
        var pieces = new List<WeakReference>();
        AttentionStudy.Run(model, [Texts[0], Texts[1], Texts[2]], NewPiece, finished: Check, cancellation: TestContext.Current.CancellationToken);

        string NewPiece(int id)
        {
            var piece = new string(Piece(id).AsSpan());
            pieces.Add(new WeakReference(piece));
            return piece;
        }

        void Check(int done)
        {
            GC.Collect();
            Assert.Equal(0, pieces.Take(done == 3 ? Texts[0].Length + Texts[1].Length : 0).Count(piece => piece.IsAlive));
        }
    }

    private static bool Alike(double a, double b) => Math.Abs(a - b) < Near;

    private static string Piece(int id) => id switch { 1 => "<s>", 3 => "<0x0A>", 4 => "▁.", 5 => "▁the", _ => $"▁w{id}" };

    private static SequenceAttention Text(string[] pieces, params float[][,] heads)
    {
        using var scope = NewDisposeScope();
        var options = new AttentionStudyOptions();
        var reducer = new AttentionReducer(options);
        reducer.OnPattern(new AttentionSite(0, 1, 0, null), stack([.. heads.Select(head => tensor(head))]).unsqueeze(0));
        return SequenceAttention.From(reducer.Layers(0), pieces, new TokenClassifier().Classify(pieces), options);
    }
}
