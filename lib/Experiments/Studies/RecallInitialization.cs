using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>Fresh weights from which a small model finds recall soon: some heads begin in the induction circuit (Olsson et al. 2022).</summary>
/// <remarks>
/// A normal draw leaves plateaus of thousands of steps before looking things up in the context is found. Here all embeddings share one
/// direction, from which heads of the first layer make pure functions of the distance (with RoPE, constant queries and keys do): head 0
/// looks at the previous token; of the second key/value group, one head looks two tokens back and one at the previous token. Each
/// writes what it finds into directions of its own, its record.
/// In later layers, head 0 compares a token with the records of previous tokens, so that it finds what followed the same word before. In the
/// second layer, the second group compares the record of the previous token with tokens, and copies the record of two back: for
/// <c>Leo:</c> it finds the option line <c>B. Leo</c> and its letter. Training is free to undo all of it.
/// </remarks>
internal static class RecallInitialization
{
    private const int PositionPairs = 5; // the fast rotary pairs tell positions apart; the slow ones compare content
    private const double PositionScale = 0.72;
    private const double ContentScale = 1.5;
    private const double RecordScale = 0.4;
    private const double ResidualScale = 0.2; // everything but the circuit whispers into the residual stream at first

    /// <summary>Draws the weights.</summary>
    /// <param name="model">The decoder to initialise: at least two layers, two key/value heads, and four times as wide as a head.</param>
    /// <param name="seed">Seed of the draw.</param>
    internal static void Apply(LlamaForCausalLM model, int seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        model.Initialize(seed);
        var config = model.Config;
        var width = config.HeadWidth;
        var groups = config.NumAttentionHeads / config.NumKeyValueHeads;
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        Tensor Rows(int layer, string projection, int head) => weights[$"model.layers.{layer}.self_attn.{projection}.weight"].narrow(0, head * width, width); // [headDim, hidden]
        Tensor Output(int layer, int head) => weights[$"model.layers.{layer}.self_attn.o_proj.weight"].narrow(1, head * width, width); // [hidden, headDim]

        foreach (var (name, weight) in weights)
        {
            if (name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal))
            {
                weight.mul_(ResidualScale);
            }
        }

        using var generator = new Generator((ulong)seed + 1);
        var (directions, _) = linalg.qr(randn([config.HiddenSize, config.HiddenSize], generator: generator)); // columns are orthonormal
        var typical = config.InitializerRange * Math.Sqrt(config.HiddenSize); // length of a drawn row
        var unit = directions.select(1, 0);
        weights["model.embed_tokens.weight"].add_(unit * typical); // the direction that all embeddings have in common

        var content = directions.narrow(1, 1, width - 1); // what is written down about a token, one column fewer than a head is wide
        Tensor Record(int index) => directions.narrow(1, 1 + ((width - 1) * (index + 1)), width - 1); // where it is written
        var (secondGroup, twoBack, oneBack) = (1, groups, Math.Min((2 * groups) - 1, groups + 1));
        Rows(0, "k_proj", 0).mul_(0.1);
        Rows(0, "k_proj", secondGroup).mul_(0.1);
        foreach (var (head, distance, record) in new[] { (0, 1, 0), (twoBack, 2, 1), (oneBack, 1, 2) })
        {
            var keyHead = head / groups;
            Rows(0, "q_proj", head).mul_(0.1);
            for (var pair = 0; pair < PositionPairs; pair++)
            {
                // q_i = R(i - distance) b and k_j = R(j) b, so that q_i . k_j is greatest at j = i - distance
                var angle = distance * RotaryEmbedding.Frequencies(config, 0)[pair];
                Rows(0, "k_proj", keyHead)[pair] = unit * PositionScale;
                Rows(0, "q_proj", head)[pair] = unit * (PositionScale * Math.Cos(angle));
                Rows(0, "q_proj", head)[pair + (width / 2)] = unit * (-PositionScale * Math.Sin(angle));
            }

            Rows(0, "v_proj", keyHead).narrow(0, 0, width - 1).copy_(content.t() * typical);
            Output(0, head).narrow(1, 0, width - 1).copy_(Record(record) * (RecordScale * typical));
        }

        for (var layer = 1; layer < config.NumHiddenLayers; layer++)
        {
            Compare(Rows(layer, "q_proj", 0), content, Rows(layer, "k_proj", 0), Record(0));
            Output(layer, 0).copy_(Rows(layer, "v_proj", 0).t()); // what it finds, it copies
        }

        Compare(Rows(1, "q_proj", twoBack), Record(2), Rows(1, "k_proj", secondGroup), content);
        Rows(1, "v_proj", secondGroup).narrow(0, 0, width - 1).copy_(Record(1).t() * typical);
        Output(1, twoBack).narrow(1, 0, width - 1).copy_(content * typical);
    }

    /// <summary>Makes queries from one set of directions match keys from another, in the slow rotary pairs.</summary>
    private static void Compare(Tensor queries, Tensor queryDirections, Tensor keys, Tensor keyDirections)
    {
        var half = queries.shape[0] / 2;
        for (var row = 0; row < queryDirections.shape[1]; row++)
        {
            if (row % half >= PositionPairs)
            {
                queries[row] = queryDirections.select(1, row) * ContentScale;
                keys[row] = keyDirections.select(1, row) * ContentScale;
            }
        }
    }
}
