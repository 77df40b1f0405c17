using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class PromptBatchesTests
{
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 6, IgnoreEos = true, AllowLongContext = true };

    [Theory]
    [InlineData(null)]
    [InlineData(RopeScalingType.Dynamic)]
    public void Prompts_that_begin_alike_are_continued_as_if_alone(RopeScalingType? type)
    {
        var scaling = type is { } rule ? new RopeScaling { Type = rule, Factor = 4 } : null;
        using var model = TinyModels.Make(TinyModels.Config with { RopeScaling = scaling, MaxPositionEmbeddings = 48 });
        using var rebalancing = new Rebalancing(new RebalanceOptions { Threshold = 0.05, Alpha = 0.5 });
        var prompts = Alike(40, [3, 1, 8, 12]);
        foreach (var hook in new IAttentionHook?[] { null, rebalancing })
        {
            foreach (var chunk in new[] { 7, 512 })
            {
                var together = TextGenerator.Generate(model, prompts, Greedy with { PrefillChunk = chunk }, hook, cancellation: TestContext.Current.CancellationToken);
                foreach (var (prompt, reply) in prompts.Zip(together))
                {
                    var alone = TextGenerator.Generate(model, [prompt], Greedy, hook, cancellation: TestContext.Current.CancellationToken)[0];
                    Assert.Equal(alone.Ids, reply.Ids);
                    Assert.Equal(alone.Margin!.Value, reply.Margin!.Value, 1e-3);
                }
            }
        }
    }

    [Fact]
    public void What_prompts_begin_with_is_computed_once()
    {
        using var model = TinyModels.Make();
        var counter = new QueryCounter();
        var prompts = Alike(40, [3, 3, 3, 3]);
        TextGenerator.Generate(model, prompts, Greedy with { MaxNewTokens = 1 }, counter, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(40 + (4 * 3), counter.Queries);
    }

    [Fact]
    public void Long_prompts_come_first_and_short_ones_are_not_padded_to_their_length()
    {
        int[][] prompts = [.. Enumerable.Repeat(new int[10], 40), .. Enumerable.Repeat(new int[30], 20)];
        var batches = PromptBatches.Of(prompts, _ => 64).ToList();
        Assert.Equal(Enumerable.Range(0, 60), batches.SelectMany(batch => batch).Order());
        Assert.Equal([30, 10], batches.Select(batch => batch.Max(i => prompts[i].Length)).Distinct());
        Assert.All(batches, batch => Assert.True(3 * batch.Length * batch.Max(i => prompts[i].Length) <= 4 * batch.Sum(i => prompts[i].Length) + (4 * 30)));
    }

    [Fact]
    public void Prompts_with_the_same_beginning_share_a_batch_although_others_are_as_long()
    {
        var prompts = Alike(40, [1, 9, 2, 8], seed: 1).Concat(Alike(40, [1, 9, 2, 8], seed: 2)).ToArray();
        var batches = PromptBatches.Of(prompts, _ => 4).ToList();
        Assert.Equal([4, 4], batches.Select(batch => batch.Length));
        Assert.All(batches, batch => Assert.True(PromptBatches.SharedLength(Array.ConvertAll(batch, i => prompts[i])) >= 40));
    }

    [Fact]
    public void A_batch_that_does_not_fit_is_halved_and_nothing_is_computed_twice()
    {
        var (done, tried) = (new List<int>(), new List<int>());
        BatchMemory.Halving([[1, 2, 3, 4, 5], [6, 7, 8, 9]], batch =>
        {
            tried.Add(batch.Length);
            if (batch.Length > 2)
            {
                zeros(1L << 46).Dispose(); // libtorch's own error
            }

            done.AddRange(batch);
        });
        Assert.Equal(Enumerable.Range(1, 9), done);
        Assert.Equal([5, 3, 2, 1, 2, 2, 2], tried);
        Assert.Contains("alone does not fit", Assert.Throws<ExperimentException>(() => BatchMemory.Halving([[1]], _ => throw new OutOfMemoryException())).Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => BatchMemory.Halving([[1, 2]], _ => throw new NotSupportedException()));
    }

    [Fact]
    public void Memory_bounds_the_rows_and_a_row_too_many_is_an_error()
    {
        using var model = TinyModels.Make(TinyModels.Config with { HiddenSize = 64, IntermediateSize = 128 });
        int Rows(long? limit, int prompt) => new BatchMemory(model, limit, hooked: true).Rows(64, prompt, 100, 512);
        Assert.Equal(64, Rows(null, 100_000));
        var room = Environment.WorkingSet + (300L << 20);
        Assert.InRange(Rows(room, 2000), 1, 32);
        Assert.True(Rows(room, 500) > Rows(room, 2000));
        Assert.Contains("MB are allowed", Assert.Throws<ExperimentException>(() => Rows(1 << 20, 100)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_margin_is_the_smallest_distance_to_the_runner_up()
    {
        using var model = TinyModels.Make();
        using var inference = inference_mode();
        var reply = TextGenerator.Generate(model, [[1, 4, 7]], Greedy, cancellation: TestContext.Current.CancellationToken)[0];
        using var ids = Golden.Ids([1, 4, 7, .. reply.Ids.SkipLast(1)]);
        using var logits = model.Forward(ids);
        var gaps = Enumerable.Range(2, 6).Select(position => logits[0, position].data<float>().ToArray().OrderDescending().Take(2).ToArray()).Select(two => two[0] - two[1]);
        Assert.Equal(gaps.Min(), reply.Margin!.Value, 1e-4);
        Assert.Null(TextGenerator.Generate(model, [[1]], Greedy with { Temperature = 1 }, cancellation: TestContext.Current.CancellationToken)[0].Margin);
    }

    private static int[][] Alike(int common, int[] own, int seed = 1)
    {
        var random = new Random(seed);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 23))];
        var beginning = Draw(common);
        return [.. own.Select((count, i) => beginning.Concat([3 + i]).Concat(Draw(count - 1)).ToArray())];
    }

    private sealed class QueryCounter : IAttentionHook
    {
        internal long Queries { get; private set; }

        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            Queries += site.Layer == 0 ? pattern.shape[0] * pattern.shape[2] : 0;
            return null;
        }
    }
}
