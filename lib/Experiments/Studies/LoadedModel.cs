using Experiments.Models;
using Experiments.Models.Tokenizers;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>A decoder with its tokenizer and the hash of the folder that both came from.</summary>
public sealed class LoadedModel : IDisposable
{
    private readonly TextTokenizer? _tokenizer;

    private LoadedModel(string folder, LlamaForCausalLM model, TextTokenizer? tokenizer)
    {
        Folder = folder;
        Model = model;
        _tokenizer = tokenizer;
    }

    /// <summary>The Hugging Face folder.</summary>
    public string Folder { get; }

    /// <summary>A short name for run ids.</summary>
    public string Name => EmbeddedModel.NameOf(Folder);

    /// <summary>SHA-256 over config, weights and tokenizer.</summary>
    public string Hash => HashOf(Folder);

    /// <summary>The decoder.</summary>
    public LlamaForCausalLM Model { get; }

    /// <summary>The tokenizer.</summary>
    /// <exception cref="ExperimentException">The folder has none.</exception>
    public TextTokenizer Tokenizer => _tokenizer ?? TextTokenizer.Load(Folder);

    /// <summary>Whether the folder has a tokenizer.</summary>
    public bool HasTokenizer => _tokenizer is not null;

    /// <summary>Loads a folder; one of a LoRA adapter with its base model below.</summary>
    /// <param name="folder">A Hugging Face folder, or a folder of a PEFT adapter.</param>
    /// <param name="dtype">Dtype of the weights in memory; null for float32.</param>
    /// <param name="device">Device; null for CPU.</param>
    /// <returns>The loaded model; dispose it.</returns>
    /// <exception cref="ExperimentException">The folder is incomplete or broken, or the tokenizer belongs to another model: it has more ids than the embedding, or another BOS.</exception>
    public static LoadedModel Open(string folder, ScalarType? dtype = null, Device? device = null)
    {
        if (LoraCheckpoint.IsIn(folder))
        {
            var below = Open(LoraCheckpoint.BaseOf(folder), dtype, device);
            try
            {
                LoraCheckpoint.Load(below.Model, folder);
                return new LoadedModel(folder, below.Model, below._tokenizer);
            }
            catch
            {
                below.Dispose();
                throw;
            }
        }

        var tokenizer = TokenizerFiles.ExistIn(folder) ? TokenizerOf(folder, ConfigFile.Read(Path.Combine(folder, "config.json"))) : null;
        return new LoadedModel(folder, Checkpoint.Load(folder, dtype, device), tokenizer);
    }

    /// <summary>Loads a folder's tokenizer, and rejects one that belongs to another model. One of fewer ids than the embedding has rows is usual: rows are padded.</summary>
    internal static TextTokenizer TokenizerOf(string folder, LlamaConfig config)
    {
        var tokenizer = TextTokenizer.Load(folder);
        if (tokenizer.VocabSize > config.VocabSize)
        {
            throw new ExperimentException($"{tokenizer.Origin} has {tokenizer.VocabSize} ids, the embedding only {config.VocabSize} rows. The tokenizer belongs to another model.");
        }

        if (config.BosTokenId is { } bos && !tokenizer.Contains(bos))
        {
            throw new ExperimentException($"{tokenizer.Origin}: bos_token_id of config.json is {bos}, which is no token of it. Take both files from one model.");
        }

        if (config.BosTokenId is { } own && tokenizer.AddsBos && own != tokenizer.BosId)
        {
            throw new ExperimentException($"{tokenizer.Origin} begins texts with id {tokenizer.BosId} ('{tokenizer.Piece(tokenizer.BosId)}'), but bos_token_id of config.json is {own}. Take both files from one model.");
        }

        return tokenizer;
    }

    /// <summary>SHA-256 over the names and contents of a model folder's config, weights and tokenizer.</summary>
    /// <param name="folder">A Hugging Face folder.</param>
    /// <returns>64 hex digits.</returns>
    /// <exception cref="ExperimentException">There is no such folder.</exception>
    public static string HashOf(string folder) => LoraCheckpoint.IsIn(folder)
        ? ContentHash.Of(new { Base = HashOf(LoraCheckpoint.BaseOf(folder)), Adapter = LoraCheckpoint.ReadConfig(folder), Weights = HashesOf(folder) })
        : ContentHash.Of(HashesOf(folder));

    private static Dictionary<string, string> HashesOf(string folder)
    {
        var files = DiskErrors.Explain("Cannot read the model folder", folder, () => Directory.GetFiles(folder));
        var plain = files.Where(TokenizerFiles.IsVocabulary).All(file => Path.GetFileName(file) == "tokenizer.model"); // says itself what BOS is
        return files
            .Where(file => Path.GetFileName(file) is "config.json" || Path.GetExtension(file) == ".safetensors" || (plain ? TokenizerFiles.IsVocabulary(file) : TokenizerFiles.Contain(file)))
            .Order(StringComparer.Ordinal)
            .ToDictionary(file => Path.GetFileName(file), ContentHash.OfFile);
    }

    /// <summary>Where a run's model comes from, for its manifest.</summary>
    /// <param name="folder">A Hugging Face folder.</param>
    /// <param name="name">What the model is to the run.</param>
    /// <exception cref="ExperimentException">There is no such folder.</exception>
    internal static CheckpointOrigin OriginOf(string folder, string name = "model")
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var run = Path.GetFileName(path) == "checkpoint" ? CompletedRun.TryOpen(Path.GetDirectoryName(path)!) : null;
        var hash = HashOf(folder);
        return new CheckpointOrigin(name, hash, run?.Id, Embedded: hash == EmbeddedModel.Hash);
    }

    /// <summary>The same of two models, or of one under two conditions, which is read once.</summary>
    internal static IReadOnlyList<CheckpointOrigin> OriginsOf(string before, string after)
    {
        var first = OriginOf(before, "before");
        return [first, before == after ? first with { Name = "after" } : OriginOf(after, "after")];
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
