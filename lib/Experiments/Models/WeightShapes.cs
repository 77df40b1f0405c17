namespace Experiments.Models;

/// <summary>Names and shapes of a decoder's weights, as they follow from its config: a checkpoint is held against them before anything is allocated.</summary>
internal static class WeightShapes
{
    /// <summary>All weights, one after another. A config that is wrong may describe billions of them: take no more than are needed.</summary>
    internal static IEnumerable<(string Name, long[] Shape)> Of(LlamaConfig config)
    {
        long width = config.HiddenSize, inner = config.IntermediateSize, vocabulary = config.VocabSize;
        long queries = (long)config.NumAttentionHeads * config.HeadWidth, keys = (long)config.NumKeyValueHeads * config.HeadWidth;
        (string Name, long Rows, long Columns)[] projections = config.FusedProjections
            ? [("qkv_proj", queries + (2 * keys), width), ("o_proj", width, queries)]
            : [("q_proj", queries, width), ("k_proj", keys, width), ("v_proj", keys, width), ("o_proj", width, queries)];
        yield return ("model.embed_tokens.weight", [vocabulary, width]);
        for (var index = 0; index < config.NumHiddenLayers; index++)
        {
            var layer = $"model.layers.{index}.";
            yield return (layer + "input_layernorm.weight", [width]);
            foreach (var (name, rows, columns) in projections)
            {
                yield return ($"{layer}self_attn.{name}.weight", [rows, columns]);
                if (name == "o_proj" ? config.AttentionBias : config.QueryKeyValueBias)
                {
                    yield return ($"{layer}self_attn.{name}.bias", [rows]);
                }
            }

            if (config.QueryKeyNorm)
            {
                yield return (layer + "self_attn.q_norm.weight", [config.HeadWidth]);
                yield return (layer + "self_attn.k_norm.weight", [config.HeadWidth]);
            }

            yield return (layer + "post_attention_layernorm.weight", [width]);
            foreach (var name in config.FusedProjections ? ["gate_up_proj"] : new[] { "gate_proj", "up_proj" })
            {
                yield return ($"{layer}mlp.{name}.weight", [config.FusedProjections ? 2 * inner : inner, width]);
            }

            yield return (layer + "mlp.down_proj.weight", [width, inner]);
        }

        yield return ("model.norm.weight", [width]);
        if (!config.TieWordEmbeddings)
        {
            yield return ("lm_head.weight", [vocabulary, width]);
        }
    }
}
