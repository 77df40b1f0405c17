using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Tests.Models;

public class TextGeneratorTests
{
    private static readonly int[][] Prompts = [[1, 4], [1, 7, 9, 3, 11], [1], [1, 5, 5], [1, 20, 6, 2, 2, 8]];

    private static readonly GenerationOptions Sampled = new() { MaxNewTokens = 20, Temperature = 0.9, TopK = 15, TopP = 0.95, Seed = 3, IgnoreEos = true };

    [Theory]
    [InlineData(1, 512)]
    [InlineData(2, 3)]
    [InlineData(4, 1)]
    public void Sampling_depends_on_the_seed_and_not_on_batch_or_chunk(int batch, int chunk)
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions());
        foreach (var hook in new IAttentionHook?[] { null, rebalancing })
        {
            var together = Generate(model, Sampled, hook);
            Assert.Equal(together, Generate(model, Sampled with { BatchSize = batch, PrefillChunk = chunk }, hook));
            Assert.NotEqual(together, Generate(model, Sampled with { Seed = 4 }, hook));
        }
    }

    [Fact]
    public void Equal_prompts_get_different_samples()
    {
        using var model = TinyModels.Make();
        var replies = TextGenerator.Generate(model, [[1, 4], [1, 4]], Sampled, cancellation: TestContext.Current.CancellationToken);
        Assert.NotEqual(replies[0].Ids, replies[1].Ids);
    }

    [Fact]
    public void Tokens_are_told_as_they_are_chosen()
    {
        using var model = TinyModels.Make();
        var told = Prompts.Select(_ => new List<int>()).ToArray();
        var replies = TextGenerator.Generate(model, Prompts, Sampled, cancellation: TestContext.Current.CancellationToken, goesOn: (prompt, ids) =>
        {
            told[prompt].Add(ids[^1]);
            return true;
        });
        Assert.Equal(replies.Select(reply => reply.Ids), told);
    }

    [Fact]
    public void One_candidate_or_almost_no_temperature_is_greedy()
    {
        using var model = TinyModels.Make();
        var greedy = Generate(model, new GenerationOptions { MaxNewTokens = 12, IgnoreEos = true }, null);
        foreach (var options in new[] { Sampled with { TopK = 1 }, Sampled with { TopP = 1e-6 }, Sampled with { Temperature = 1e-4 } })
        {
            Assert.Equal(greedy, Generate(model, options with { MaxNewTokens = 12 }, null));
        }
    }

    [Fact]
    public void The_end_token_stops_a_reply_and_the_others_go_on_as_if_alone()
    {
        using var free = TinyModels.Make();
        var full = TextGenerator.Generate(free, Prompts, Sampled with { MaxNewTokens = 30 }, cancellation: TestContext.Current.CancellationToken);
        var end = full.SelectMany(reply => reply.Ids.Skip(3)).GroupBy(id => id).OrderBy(group => group.Count()).First().Key;
        using var model = TinyModels.Make(TinyModels.Config with { EosTokenIds = [end] });
        var stopped = TextGenerator.Generate(model, Prompts, Sampled with { MaxNewTokens = 30, IgnoreEos = false }, cancellation: TestContext.Current.CancellationToken);
        foreach (var (all, reply) in full.Zip(stopped))
        {
            var at = all.Ids.ToList().IndexOf(end);
            Assert.Equal(at >= 0, reply.Ended);
            Assert.Equal(at < 0 ? all.Ids : all.Ids.Take(at + 1), reply.Ids);
        }

        Assert.Contains(stopped, reply => reply.Ended);
        Assert.Contains(stopped, reply => !reply.Ended);
    }

    [Fact]
    public void A_prompt_beyond_the_trained_length_decodes_alike_in_any_chunk_under_dynamic_scaling()
    {
        var config = TinyModels.Config with { MaxPositionEmbeddings = 8, RopeScaling = new RopeScaling { Type = RopeScalingType.Dynamic, Factor = 4 } };
        using var model = TinyModels.Make(config);
        int[] prompt = [.. Enumerable.Range(0, 20).Select(i => 1 + (i * 5 % 20))];
        var options = new GenerationOptions { MaxNewTokens = 5, IgnoreEos = true };
        var whole = TextGenerator.Generate(model, [prompt], options, cancellation: TestContext.Current.CancellationToken);
        var chunks = TextGenerator.Generate(model, [prompt], options with { PrefillChunk = 3 }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(whole[0].Ids, chunks[0].Ids);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(RopeScalingType.Linear)]
    [InlineData(RopeScalingType.Dynamic)]
    [InlineData(RopeScalingType.Llama3)]
    public void A_reply_is_the_same_alone_and_in_a_batch_of_longer_prompts(RopeScalingType? type)
    {
        var scaling = type is { } rule ? new RopeScaling { Type = rule, Factor = 4, OriginalMaxPositionEmbeddings = 8 } : null;
        using var model = TinyModels.Make(TinyModels.Config with { MaxPositionEmbeddings = 8, RopeScaling = scaling });
        int[][] prompts = [[1, 4], [.. Enumerable.Range(0, 25).Select(i => 1 + (i * 5 % 20))], [1, 9, 2, 7, 7, 3, 5, 8, 8, 1, 6]];
        var options = new GenerationOptions { MaxNewTokens = 12, IgnoreEos = true, AllowLongContext = true };
        var together = TextGenerator.Generate(model, prompts, options, cancellation: TestContext.Current.CancellationToken);
        foreach (var (prompt, reply) in prompts.Zip(together))
        {
            Assert.Equal(TextGenerator.Generate(model, [prompt], options, cancellation: TestContext.Current.CancellationToken)[0].Ids, reply.Ids);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.7)]
    public void Logits_that_are_no_numbers_are_a_clear_error(double temperature)
    {
        using var model = TinyModels.Make();
        using (TorchSharp.torch.no_grad())
        {
            model.parameters().Last().fill_(float.MaxValue); // finite, but their products are not
        }

        var error = Assert.Throws<ExperimentException>(() => TextGenerator.Generate(model, [[1, 2]], new GenerationOptions { Temperature = temperature }, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_do_gives_nothing()
    {
        using var model = TinyModels.Make();
        Assert.Empty(TextGenerator.Generate(model, [], new GenerationOptions(), cancellation: TestContext.Current.CancellationToken));
        Assert.All(Generate(model, new GenerationOptions { MaxNewTokens = 0 }, null), Assert.Empty);
    }

    [Fact]
    public void Replies_are_told_batch_by_batch_with_their_prompts_and_cancellation_stops()
    {
        using var model = TinyModels.Make();
        var told = new List<(int[] Indices, Generation[] Replies)>();
        var replies = TextGenerator.Generate(model, Prompts, Sampled with { BatchSize = 2 }, finished: (indices, batch) => told.Add((indices, batch)), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([2, 2, 1], told.Select(batch => batch.Indices.Length));
        Assert.All(told.SelectMany(batch => batch.Indices.Zip(batch.Replies)), pair => Assert.Same(replies[pair.First], pair.Second));
        Assert.Throws<OperationCanceledException>(() => TextGenerator.Generate(model, Prompts, Sampled, cancellation: new CancellationToken(true)));
    }

    [Fact]
    public void Empty_prompts_and_ids_outside_the_vocabulary_are_clear_errors()
    {
        using var model = TinyModels.Make();
        foreach (var (prompt, says) in new (int[], string)[] { ([], "empty"), ([1, 23], "Token id 23 is outside the vocabulary of 23"), ([-1], "Token id -1") })
        {
            var error = Assert.Throws<ExperimentException>(() => TextGenerator.Generate(model, [prompt], new GenerationOptions(), cancellation: TestContext.Current.CancellationToken));
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<GenerationOptions> Contradictions =>
    [
        new GenerationOptions { MaxNewTokens = -1 },
        new GenerationOptions { Temperature = -1 },
        new GenerationOptions { Temperature = double.NaN },
        new GenerationOptions { TopK = -1, Temperature = 1 },
        new GenerationOptions { TopP = 0, Temperature = 1 },
        new GenerationOptions { TopP = 1.5, Temperature = 1 },
        new GenerationOptions { BatchSize = 0 },
        new GenerationOptions { PrefillChunk = 0 },
        new GenerationOptions { TopK = 5 },
        new GenerationOptions { TopP = 0.5 },
    ];

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Options_that_contradict_themselves_are_rejected(GenerationOptions options) => Assert.Throws<ExperimentException>(options.Validate);

    private static List<int[]> Generate(LlamaForCausalLM model, GenerationOptions options, IAttentionHook? hook) =>
        [.. TextGenerator.Generate(model, Prompts, options, hook, cancellation: TestContext.Current.CancellationToken).Select(reply => reply.Ids.ToArray())];
}
