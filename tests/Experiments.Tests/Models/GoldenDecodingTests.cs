using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class GoldenDecodingTests
{
    private static readonly GenerationOptions Options = new() { MaxNewTokens = 24, IgnoreEos = true };

    [Theory]
    [MemberData(nameof(GoldenForwardTests.Cases), MemberType = typeof(GoldenForwardTests))]
    public void Cached_decoding_gives_the_reference_ids_and_logits(string name, string mode, int length)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Golden.Load(name);
        var expected = Golden.Expected(name, mode);
        using var rebalancing = Golden.Hook(mode);
        using var cache = new KeyValueCache(model.Config);
        var ids = expected.Ints($"T{length}.greedy_ids");
        var input = Golden.Prompt(name, length);
        var steps = new List<Tensor>();
        foreach (var id in ids)
        {
            var logits = model.Forward(Golden.Ids(input), cache, hook: rebalancing, lastOnly: true)[0];
            steps.Add(logits);
            Assert.Equal(id, logits.argmax(-1).item<long>());
            input = [id];
        }

        Golden.Close(expected.Read($"T{length}.greedy_logits"), cat([.. steps], 0), Golden.LogitTolerance);
    }

    [Theory]
    [InlineData("a_mha", "off", 512)]
    [InlineData("a_mha", "reb_a0.2_t0.01", 512)]
    [InlineData("a_mha", "reb_a0.2_t0.01", 7)]
    [InlineData("b_gqa", "off", 10)]
    [InlineData("b_gqa", "reb_a0.2_t0.01", 512)]
    [InlineData("b_gqa", "reb_a0.2_t0.01", 10)]
    public void A_batch_of_unequal_prompts_decodes_the_reference_ids(string name, string mode, int chunk)
    {
        using var model = Golden.Load(name);
        using var rebalancing = Golden.Hook(mode);
        var prompts = Golden.Lengths.Select(length => Golden.Prompt(name, length)).ToArray();

        var replies = TextGenerator.Generate(model, prompts, Options with { PrefillChunk = chunk }, rebalancing, cancellation: TestContext.Current.CancellationToken);

        var expected = Golden.Expected(name, mode);
        foreach (var (row, length) in Golden.Lengths.Index())
        {
            Assert.Equal(expected.Ints($"T{length}.greedy_ids"), replies[row].Ids);
        }
    }
}
