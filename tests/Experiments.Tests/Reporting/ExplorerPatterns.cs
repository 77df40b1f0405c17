using Experiments.Reporting.Explorer;

namespace Experiments.Tests.Reporting;

/// <summary>Patterns as trained models make them: softmax of random scores, with heads from diffuse to peaked, a sink and a previous-token head.</summary>
internal static class ExplorerPatterns
{
    private const double Boost = 0.2;
    private const double Threshold = 0.01;

    /// <summary>A causal pattern, rows summing to 1.</summary>
    internal static double[,] Of(int tokens, int layer, int head)
    {
        var random = new Random((1000 * layer) + head);
        var (spread, sink, previous) = (0.5 + head % 4, layer % 3 * 2.0, head % 5 == 0 ? 4.0 : 0);
        var pattern = new double[tokens, tokens];
        for (var query = 0; query < tokens; query++)
        {
            var sum = 0.0;
            for (var key = 0; key <= query; key++)
            {
                var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                sum += pattern[query, key] = Math.Exp((spread * normal) + (key == 0 ? sink : 0) + (key == query - 1 ? previous : 0));
            }

            for (var key = 0; key <= query; key++)
            {
                pattern[query, key] /= sum;
            }
        }

        return pattern;
    }

    /// <summary>The same, boosted where the first layer looks: rows sum to more than 1.</summary>
    internal static double[,] Boosted(int tokens, int layer, int head)
    {
        var (pattern, early) = (Of(tokens, layer, head), Of(tokens, 0, head));
        for (var i = 0; i < tokens * tokens; i++)
        {
            var (query, key) = (i / tokens, i % tokens);
            pattern[query, key] *= layer > 0 && query != key && early[query, key] > Threshold ? 1 + Boost : 1;
        }

        return pattern;
    }

    internal static AttentionExplorer Explorer(int tokens, int layers = 2, int heads = 3, bool on = true) => new()
    {
        Tokens = [.. Enumerable.Range(0, tokens).Select(i => i == 0 ? "<s>" : i % 7 == 0 ? "<0x0A>" : $"▁token{i}")],
        Layers = [.. Enumerable.Range(0, layers)],
        Heads = [.. Enumerable.Range(0, heads)],
        Off = (layer, head) => Of(tokens, layer, head),
        On = on ? (layer, head) => Boosted(tokens, layer, head) : null,
    };
}
