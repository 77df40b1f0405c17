using Experiments.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>A low-rank adapter on a decoder (LoRA, Hu et al. 2022): training changes it alone, the model's own weights are frozen.</summary>
public sealed class LoraAdapter : IDisposable
{
    private readonly LlamaForCausalLM _model;
    private readonly List<LoraUpdate> _updates;

    private LoraAdapter(LlamaForCausalLM model, LoraConfig config, List<LoraUpdate> updates) => (_model, Config, _updates) = (model, config, updates);

    /// <summary>Its settings.</summary>
    public LoraConfig Config { get; }

    /// <summary>Whether the update stands in the model's weights now.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>The trained matrices, by names such as <c>model.layers.0.self_attn.q_proj.lora_A.weight</c>: A is <c>[r, input]</c>, B <c>[output, r]</c>, float32.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> NamedParameters =>
        _updates.SelectMany(update => new[] { (update.Module + ".lora_A.weight", update.A), (update.Module + ".lora_B.weight", update.B) });

    /// <summary>Puts a fresh adapter on a model, which computes what it did before until the adapter is trained. The model disposes it.</summary>
    /// <param name="model">The decoder, in any dtype.</param>
    /// <param name="config">Settings.</param>
    /// <param name="seed">Seed of A; B starts at zero.</param>
    /// <returns>The adapter, which is <see cref="LlamaForCausalLM.Adapter"/> from now on.</returns>
    /// <exception cref="ExperimentException">A setting is out of range, a target is unknown, or the model has an adapter.</exception>
    public static LoraAdapter Attach(LlamaForCausalLM model, LoraConfig config, long seed = 0)
    {
        config.Validate();
        if (model.Adapter is not null)
        {
            throw new ExperimentException("The model has a LoRA adapter already. Merge it with MergeAndUnload, or dispose it, before attaching another.");
        }

        var targets = TargetsOf(model, config);
        using var generator = new Generator((ulong)seed, model.Device);
        var adapter = new LoraAdapter(model, config, [.. targets.Select(target => new LoraUpdate(target.Name, target.Module, config, generator))]);
        model.Adapter = adapter;
        adapter.Freeze(true);
        return adapter;
    }

    /// <summary>Adds the update to the model's weights, for passes without its cost. The originals are kept for <see cref="Unmerge"/>.</summary>
    public void Merge()
    {
        if (!IsMerged)
        {
            _updates.ForEach(update => update.Merge());
            IsMerged = true;
        }
    }

    /// <summary>Puts the model's own weights back, bit for bit.</summary>
    public void Unmerge()
    {
        if (IsMerged)
        {
            _updates.ForEach(update => update.Unmerge());
            IsMerged = false;
        }
    }

    /// <summary>Leaves a plain model whose weights hold the update; the adapter is gone.</summary>
    public void MergeAndUnload()
    {
        Merge();
        Dispose();
    }

    /// <summary>Takes the adapter off and lets the model's own weights be trained again. Merged weights stay.</summary>
    public void Dispose()
    {
        if (ReferenceEquals(_model.Adapter, this))
        {
            _model.Adapter = null;
            _updates.ForEach(update => update.Dispose());
            Freeze(false);
        }
    }

    private void Freeze(bool frozen)
    {
        foreach (var parameter in _model.parameters())
        {
            parameter.requires_grad = !frozen;
        }
    }

    private static List<(string Name, Projection Module)> TargetsOf(LlamaForCausalLM model, LoraConfig config)
    {
        static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
        var projections = model.Projections.ToList();
        var known = projections.Select(projection => Last(projection.Name)).Distinct().ToList();
        return config.TargetModules.FirstOrDefault(target => target != LoraConfig.AllLinear && !known.Contains(target)) is { } unknown
            ? throw new ExperimentException($"LoRA: the model has no projection '{unknown}' in its layers. target_modules may name {string.Join(", ", known)}, or {LoraConfig.AllLinear}.")
            : [.. projections.Where(projection => config.TargetModules.Contains(LoraConfig.AllLinear) || config.TargetModules.Contains(Last(projection.Name)))];
    }
}
