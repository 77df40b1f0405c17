using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>A kind of tensor that <see cref="ActivationCapture"/> keeps, under TransformerLens's name where it has one.</summary>
public sealed record Activation
{
    private readonly string _tensor;

    private Activation(string name, string tensor, string axes) => (Name, _tensor, Axes) = (name, tensor, axes);

    /// <summary>Attention after softmax and interventions, as multiplied with the values. Every key is kept, whatever positions are chosen.</summary>
    public static Activation Pattern { get; } = new("pattern", "blocks.{0}.attn.hook_pattern", "[batch, head, query, key]");

    /// <summary>Scaled scores before softmax, from which later keys (and those beyond a sliding window) are masked with minus infinity.</summary>
    public static Activation Scores { get; } = new("scores", "blocks.{0}.attn.hook_attn_scores", "[batch, head, query, key]");

    /// <summary>Queries after the rotation by position, and after their norm in Qwen 3.</summary>
    public static Activation Query { get; } = new("q", "blocks.{0}.attn.hook_rot_q", "[batch, position, head, head_dim]");

    /// <summary>Keys, likewise after the rotation.</summary>
    public static Activation Key { get; } = new("k", "blocks.{0}.attn.hook_rot_k", "[batch, position, kv_head, head_dim]");

    /// <summary>Values.</summary>
    public static Activation Value { get; } = new("v", "blocks.{0}.attn.hook_v", "[batch, position, kv_head, head_dim]");

    /// <summary>Euclidean norms of the values. The name is this library's: TransformerLens has no such hook.</summary>
    public static Activation ValueNorms { get; } = new("value-norms", "blocks.{0}.attn.value_norms", "[batch, position, kv_head]");

    /// <summary>The residual stream behind a layer; the last layer's before the final norm.</summary>
    public static Activation Hidden { get; } = new("hidden", "blocks.{0}.hook_resid_post", "[batch, position, hidden]");

    /// <summary>The model's output.</summary>
    public static Activation Logits { get; } = new("logits", "logits", "[batch, position, vocab]");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Activation> All { get; } = [Pattern, Scores, Query, Key, Value, ValueNorms, Hidden, Logits];

    /// <summary>Short name, as on the command line.</summary>
    public string Name { get; }

    /// <summary>Axes of its tensors. <c>kv_head</c> counts the heads that keys and values have.</summary>
    public string Axes { get; }

    /// <summary>Finds one by its short name.</summary>
    /// <param name="name">Such as <c>pattern</c>.</param>
    /// <returns>The kind.</returns>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static Activation Find(string name) => All.FirstOrDefault(activation => activation.Name == name)
        ?? throw new ExperimentException($"There is no activation '{name}'. Known: {string.Join(", ", All.Select(activation => activation.Name))}.");

    /// <summary>Name of a layer's tensor: <c>blocks.3.attn.hook_pattern</c>.</summary>
    /// <param name="layer">0-based layer; without meaning for <see cref="Logits"/>.</param>
    /// <returns>The name.</returns>
    public string TensorName(int layer) => _tensor.Replace("{0}", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
