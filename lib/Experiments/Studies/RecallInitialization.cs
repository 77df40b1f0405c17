using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>Fresh weights from which a small model finds recall soon: its heads begin near the induction circuit (Olsson et al. 2022).</summary>
/// <remarks>
/// Three changes to the usual normal draw. Queries equal keys, so that heads look for the same content. The output projection is
/// the transpose of the values, so that heads copy what they see. All embeddings share one direction, so that a head can
/// attend by position alone (with RoPE, a constant query and key give a pure function of the distance).
/// </remarks>
public static class RecallInitialization
{
    public static void Apply(LlamaForCausalLM model, int seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        model.Initialize(seed);
        var config = model.Config;
        var groups = config.NumAttentionHeads / config.NumKeyValueHeads;
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        for (var layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            Tensor Weight(string projection) => weights[$"model.layers.{layer}.self_attn.{projection}.weight"];
            Tensor PerQueryHead(Tensor keys) => keys.view(config.NumKeyValueHeads, 1, config.HeadWidth, config.HiddenSize)
                .expand(config.NumKeyValueHeads, groups, config.HeadWidth, config.HiddenSize).reshape(-1, config.HiddenSize); // [head * headDim, hidden]
            Weight("q_proj").copy_(PerQueryHead(Weight("k_proj")));
            Weight("o_proj").copy_(PerQueryHead(Weight("v_proj")).t());
        }

        var embedding = weights["model.embed_tokens.weight"];
        embedding.add_(randn(1, config.HiddenSize) * config.InitializerRange);
    }
}
