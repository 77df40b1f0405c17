using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class LongGenerationTests
{
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 100, IgnoreEos = true };

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void What_stays_in_a_cache_of_fixed_budget_stands_at_the_positions_of_a_shorter_text(int atOnce)
    {
        // With a single layer, keys and values depend on token and position alone, so that the kept tokens can be computed afresh.
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make(TinyModels.Config with { NumHiddenLayers = 1 });
        using var cache = new KeyValueCache(model.Config, budget: 20, sinks: 2);
        var random = new Random(1);
        var kept = new List<int>();
        for (var pass = 0; pass < 60 / atOnce; pass++)
        {
            var added = Enumerable.Range(0, atOnce).Select(_ => random.Next(23)).ToArray();
            if (kept.Count + atOnce > 20)
            {
                kept.RemoveRange(2, Math.Max(kept.Count + atOnce - 20, 2));
            }

            kept.AddRange(added);
            var logits = model.Forward(Golden.Ids(added), cache, lastOnly: true);
            Assert.Equal(kept.Count, cache.Length);
            Golden.Close(model.Forward(Golden.Ids([.. kept]), lastOnly: true), logits, 1e-4);
        }
    }

    [Fact]
    public void Texts_longer_than_the_context_are_continued_within_the_budget()
    {
        using var model = TinyModels.Make(); // a context of 64
        var prompt = Enumerable.Range(0, 90).Select(i => i % 23).ToArray();
        var replies = TextGenerator.Generate(model, [prompt, [1, 2]], Greedy with { CacheBudget = 40 }, cancellation: TestContext.Current.CancellationToken);
        Assert.All(replies, reply => Assert.Equal(100, reply.Ids.Count));
        var roomy = TextGenerator.Generate(model, [[1, 2]], Greedy with { MaxNewTokens = 30, CacheBudget = 40 }, cancellation: TestContext.Current.CancellationToken);
        var plain = TextGenerator.Generate(model, [[1, 2]], Greedy with { MaxNewTokens = 30 }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(plain[0].Ids, roomy[0].Ids);
    }

    [Fact]
    public void A_reply_ends_at_the_context_and_a_prompt_that_fills_it_is_a_clear_error()
    {
        using var model = TinyModels.Make();
        var reply = TextGenerator.Generate(model, [[.. Enumerable.Repeat(3, 60)]], Greedy, cancellation: TestContext.Current.CancellationToken)[0];
        Assert.Equal((4, false), (reply.Ids.Count, reply.Ended));
        var error = Assert.Throws<ExperimentException>(() => TextGenerator.Generate(model, [[.. Enumerable.Repeat(3, 64)]], Greedy));
        Assert.Contains("64 tokens, the model's context 64", error.Message, StringComparison.Ordinal);
        Assert.Equal(100, TextGenerator.Generate(model, [[.. Enumerable.Repeat(3, 64)]], Greedy with { AllowLongContext = true }, cancellation: TestContext.Current.CancellationToken)[0].Ids.Count);
    }

    [Fact]
    public void Impossible_budgets_are_clear_errors()
    {
        using var model = TinyModels.Make();
        Assert.Contains("context is 64", Message(model, Greedy with { CacheBudget = 65 }), StringComparison.Ordinal);
        Assert.Contains("8 more", Message(model, Greedy with { CacheBudget = 10 }), StringComparison.Ordinal);
        using var dynamic = TinyModels.Make(TinyModels.Config with { RopeScaling = new RopeScaling { Type = RopeScalingType.Dynamic, Factor = 4 } });
        Assert.Contains("dynamic", Message(dynamic, Greedy with { CacheBudget = 40 }), StringComparison.Ordinal);
        Assert.Contains("min-p", Message(model, Greedy with { MinP = 0.1 }), StringComparison.Ordinal);
        Assert.Contains("repetition penalty is 0", Message(model, Greedy with { RepetitionPenalty = 0 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Min_p_leaves_out_what_is_much_less_likely_than_the_likeliest()
    {
        float[] logits = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.14f), MathF.Log(0.06f)];
        HashSet<int> Drawn(double minP)
        {
            var sampler = new Sampler(new GenerationOptions { Temperature = 1, MinP = minP, Seed = 2 }, 0);
            return [.. Enumerable.Range(0, 500).Select(_ => sampler.Draw(logits))];
        }

        Assert.Equal([0, 1, 2, 3], Drawn(0.11).Order());
        Assert.Equal([0, 1, 2], Drawn(0.2).Order());
        Assert.Equal([0, 1], Drawn(0.5).Order());
        Assert.Equal([0], Drawn(0.7).Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-4)]
    public void The_repetition_penalty_makes_positive_logits_smaller_and_negative_ones_more_so(double temperature)
    {
        using var model = TinyModels.Make();
        int[] prompt = [1, 4, 9];
        var options = Greedy with { MaxNewTokens = 12, RepetitionPenalty = 1.8, Temperature = temperature };
        var reply = TextGenerator.Generate(model, [prompt, [1]], options, cancellation: TestContext.Current.CancellationToken)[0].Ids;
        var text = prompt.ToList();
        foreach (var id in reply)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var logits = model.Forward(Golden.Ids([.. text]), lastOnly: true).data<float>().ToArray();
            foreach (var seen in text.Distinct())
            {
                logits[seen] = logits[seen] > 0 ? logits[seen] / 1.8f : logits[seen] * 1.8f;
            }

            Assert.Equal(Array.IndexOf(logits, logits.Max()), id);
            text.Add(id);
        }

        Assert.NotEqual(reply, TextGenerator.Generate(model, [prompt], options with { RepetitionPenalty = 1 }, cancellation: TestContext.Current.CancellationToken)[0].Ids);
    }

    [Fact]
    public void A_reply_ends_at_a_stop_string_whatever_its_tokens()
    {
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        var prompt = loaded.Tokenizer.Encode(PromptTemplates.CompactCot.Render(ClosedWorldDataset.Generate(DatasetSplit.Test, 1, 1)[0]));
        var options = new GenerationOptions { MaxNewTokens = 60 };
        var whole = loaded.Tokenizer.DecodeContinuation(prompt, TextGenerator.Generate(loaded.Model, [prompt], options, cancellation: TestContext.Current.CancellationToken)[0].Ids);
        var stop = new StopStrings(loaded.Tokenizer, ["never", "\n Resp"]);
        var reply = TextGenerator.Generate(loaded.Model, [prompt], options, cancellation: TestContext.Current.CancellationToken, goesOn: (_, ids) => !stop.IsReached(ids))[0];
        var text = loaded.Tokenizer.DecodeContinuation(prompt, reply.Ids);
        Assert.True(reply.Ended);
        Assert.StartsWith(text, whole, StringComparison.Ordinal);
        Assert.Equal(whole[..whole.IndexOf("\n Resp", StringComparison.Ordinal)], stop.Cut(text));
        Assert.Contains("empty", Assert.Throws<ExperimentException>(() => new StopStrings(loaded.Tokenizer, [""])).Message, StringComparison.Ordinal);
    }

    private static string Message(LlamaForCausalLM model, GenerationOptions options) => Assert.Throws<ExperimentException>(() => TextGenerator.Generate(model, [[1, 2]], options)).Message;
}
