using System.Text.Json.Serialization;
using Experiments.Models;
using Experiments.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>What massive activations are set to.</summary>
public enum MassiveReplacement
{
    /// <summary>Zero.</summary>
    Zero,

    /// <summary>Their mean: what the massive activations of that layer and dimension are on average in another text.</summary>
    Mean,
}

/// <summary>Massive activations behind layers, the few entries of the hidden state of huge magnitude, are set to zero or to their mean (Sun et al. 2024, arXiv 2402.17762).</summary>
/// <remarks>
/// The paper measures an entry against the median of the whole hidden state. Here it is the median of the token's own: that of later tokens does not exist while
/// decoding, and so caching, chunks, batches and padding change nothing. Its mean, over sequences, is that of the massive activations themselves, which hardly differ
/// between texts; here it is measured once, on <see cref="Tokens"/>, with the model as it is. A dimension in which that text has none behind a layer is left as it is
/// there. All edited layers are, one after the other: for the paper's intervention at one layer, name it as the first and the last.
/// </remarks>
public sealed record MassiveActivations : Intervention
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "massive-activations";

    /// <summary>A massive activation has a greater absolute value than this.</summary>
    public double Threshold { get; init; } = 100;

    /// <summary>A massive activation is at least this many times the median absolute value of its token's hidden state.</summary>
    public double Ratio { get; init; } = 1000;

    /// <summary>What they are set to.</summary>
    public MassiveReplacement To { get; init; }

    /// <summary>Token ids of the text that gives the means; for these only.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>First layer behind which to edit, from 0; null for the model's first.</summary>
    public int? FirstLayer { get; init; }

    /// <summary>Last layer behind which to edit, inclusive; null for the model's last.</summary>
    public int? LastLayer { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <inheritdoc/>
    public override void Validate(int? layerCount = null) => Require(this switch
    {
        _ when !(Threshold >= 0) => $"threshold is {Threshold}; it must be 0 or more",
        _ when !(Ratio >= 0) => $"ratio is {Ratio}; it must be 0 or more",
        { To: MassiveReplacement.Mean, Tokens.Count: 0 } => "tokens hold no id; give those of a text in which the means are measured",
        { To: MassiveReplacement.Zero, Tokens.Count: > 0 } => "tokens are for to=mean",
        _ => WrongLayers(FirstLayer, LastLayer, layerCount),
    });

    /// <inheritdoc/>
    public override IInterventionHook CreateHook(LlamaForCausalLM model)
    {
        Validate(model.Config.NumHiddenLayers);
        return new Hook(this, To == MassiveReplacement.Mean ? Means(model) : null);
    }

    /// <summary>Where the hidden state is massive, boolean <c>[batch, query, hidden]</c>.</summary>
    /// <param name="hidden">Hidden state, <c>[batch, query, hidden]</c>.</param>
    internal Tensor Massive(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        using Scalar threshold = Threshold;
        using Scalar ratio = Ratio;
        var sizes = hidden.detach().to(ScalarType.Float32).abs();
        var medians = sizes.kthvalue((sizes.shape[2] + 1) / 2, -1, keepdim: true).values; // [batch, query, 1], of an even number the lower of the two middle ones
        return sizes.gt(threshold).logical_and(sizes.ge(medians.mul(ratio))).MoveToOuterDisposeScope();
    }

    private bool Edits(AttentionSite site) => site.Layer >= (FirstLayer ?? 0) && site.Layer <= (LastLayer ?? site.LayerCount - 1);

    /// <summary>The means by layer, <c>[hidden]</c>; NaN where the text has no massive activation.</summary>
    private Dictionary<int, Tensor> Means(LlamaForCausalLM model)
    {
        TextGenerator.CheckPrompt(model.Config, Tokens);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var reader = new Reader(this);
        model.Forward(tensor(Tokens.Select(id => (long)id).ToArray(), [1, Tokens.Count], device: model.Device), lastOnly: true, observer: reader);
        if (reader.Means.Values.All(mean => mean.isnan().all().item<bool>()))
        {
            Array.ForEach([.. reader.Means.Values], mean => mean.Dispose());
            throw new ExperimentException($"{Name}: the text of tokens has no massive activation behind the edited layers, so they have no mean. Give another text, or a lower threshold or ratio.");
        }

        return reader.Means;
    }

    /// <summary>Measures the means.</summary>
    private sealed class Reader(MassiveActivations settings) : IAttentionObserver
    {
        internal Dictionary<int, Tensor> Means { get; } = [];

        public bool RowByRow => true;

        public void OnHidden(AttentionSite site, Tensor hidden)
        {
            if (settings.Edits(site))
            {
                using var scope = NewDisposeScope();
                var massive = settings.Massive(hidden);
                var sums = hidden.to(ScalarType.Float32).masked_fill(massive.logical_not(), Scalars.Zero).sum([0, 1]); // [hidden]
                Means[site.Layer] = (sums / massive.sum([0, 1])).DetachFromDisposeScope(); // 0 / 0 is NaN
            }
        }
    }

    private sealed class Hook(MassiveActivations settings, Dictionary<int, Tensor>? means) : IInterventionHook
    {
        public bool RowByRow => true;

        public Tensor? OnPattern(AttentionSite site, Tensor pattern) => null;

        public Tensor? OnHidden(AttentionSite site, Tensor hidden)
        {
            if (!settings.Edits(site))
            {
                return null;
            }

            using var scope = NewDisposeScope();
            var massive = settings.Massive(hidden);
            var edited = means?[site.Layer] is { } mean
                ? where(massive.logical_and(mean.isnan().logical_not()), mean.to(hidden.dtype), hidden)
                : hidden.masked_fill(massive, Scalars.Zero);
            return edited.MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            foreach (var mean in means?.Values ?? Enumerable.Empty<Tensor>())
            {
                mean.Dispose();
            }
        }
    }
}
