using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>Fresh weights from which a small model finds recall soon: one head of each layer begins in the induction circuit (Olsson et al. 2022).</summary>
/// <remarks>
/// A normal draw leaves a plateau of thousands of steps before looking things up in the context is found. Here all embeddings share
/// one direction, from which the first layer's head 0 makes a pure function of the distance (with RoPE, constant queries and keys do)
/// that peaks at the previous token; it writes what it finds through a matrix <c>Z</c>. In later layers head 0 compares a token
/// with that record: its queries are the first head's values and its keys are <c>Z</c> transposed. Training is free to undo all of it.
/// </remarks>
public static class RecallInitialization
{
    private const int PositionPairs = 5; // the fast rotary pairs tell positions apart; the slow ones compare content
    private const double PositionScale = 0.72;
    private const double ContentScale = 1.5;
    private const double ResidualScale = 0.2; // everything but the circuit whispers into the residual stream at first

    /// <summary>Draws the weights.</summary>
    /// <param name="model">The decoder to initialise, at least two layers.</param>
    /// <param name="seed">Seed of the draw.</param>
    public static void Apply(LlamaForCausalLM model, int seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        model.Initialize(seed);
        var config = model.Config;
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        Tensor Head(int layer, string projection) => weights[$"model.layers.{layer}.self_attn.{projection}.weight"].narrow(0, 0, config.HeadWidth); // [headDim, hidden]
        Tensor Output(int layer) => weights[$"model.layers.{layer}.self_attn.o_proj.weight"].narrow(1, 0, config.HeadWidth); // [hidden, headDim]

        using var generator = new Generator((ulong)seed + 1);
        var (directions, _) = linalg.qr(randn([config.HiddenSize, config.HiddenSize], generator: generator)); // columns are orthonormal
        var unit = directions.select(1, 0);
        var values = directions.narrow(1, 1, config.HeadWidth).t(); // [headDim, hidden]
        var record = directions.narrow(1, 1 + config.HeadWidth, config.HeadWidth); // Z, [hidden, headDim]
        var typical = config.InitializerRange * Math.Sqrt(config.HiddenSize); // length of a drawn row

        weights["model.embed_tokens.weight"].add_(unit * typical); // the direction that all embeddings have in common
        foreach (var (name, weight) in weights)
        {
            if (name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal))
            {
                weight.mul_(ResidualScale);
            }
        }

        Head(0, "v_proj").copy_(values * typical);
        Output(0).copy_(record * (0.4 * typical));
        var half = config.HeadWidth / 2;
        Head(0, "q_proj").mul_(0.1);
        Head(0, "k_proj").mul_(0.1);
        for (var pair = 0; pair < PositionPairs; pair++)
        {
            // q_i = R(i - 1) b and k_j = R(j) b, so that q_i . k_j is greatest at j = i - 1
            var frequency = RotaryEmbedding.Frequencies(config, 0)[pair];
            Head(0, "k_proj")[pair] = unit * PositionScale;
            Head(0, "q_proj")[pair] = unit * (PositionScale * Math.Cos(frequency));
            Head(0, "q_proj")[pair + half] = unit * (-PositionScale * Math.Sin(frequency));
        }

        for (var layer = 1; layer < config.NumHiddenLayers; layer++)
        {
            for (var row = 0; row < config.HeadWidth; row++)
            {
                if (row % half >= PositionPairs)
                {
                    Head(layer, "q_proj")[row] = values[row] * ContentScale;
                    Head(layer, "k_proj")[row] = record.select(1, row) * ContentScale;
                }
            }

            Output(layer).copy_(Head(layer, "v_proj").t()); // what it finds, it copies
        }
    }
}
