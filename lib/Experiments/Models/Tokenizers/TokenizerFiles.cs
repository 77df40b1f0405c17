using Experiments.Runs;

namespace Experiments.Models.Tokenizers;

/// <summary>Which files of a model folder are its tokenizer.</summary>
internal static class TokenizerFiles
{
    private const string Json = "tokenizer.json", Model = "tokenizer.model", Tiktoken = ".tiktoken";

    private static readonly string[] Settings = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// <summary>The files that are read, in the order in which they are preferred.</summary>
    internal const string Accepted = "tokenizer.json, tokenizer.model (SentencePiece or tiktoken) or *.tiktoken";

    /// <summary>Whether a folder has a tokenizer.</summary>
    /// <param name="folder">A Hugging Face folder.</param>
    internal static bool ExistIn(string folder) => Find(folder) is not null;

    /// <summary>Whether a file belongs to a tokenizer, so that a saved model needs a copy.</summary>
    /// <param name="path">A file of a model folder.</param>
    internal static bool Contain(string path) => IsVocabulary(path) || Settings.Contains(Path.GetFileName(path));

    /// <summary>Whether a file holds a vocabulary.</summary>
    internal static bool IsVocabulary(string path) => Path.GetFileName(path) is Json or Model || Path.GetExtension(path) == Tiktoken;

    internal static TokenizerPipeline Read(string folder)
    {
        var path = Find(folder) ?? throw new ExperimentException($"{folder} has no tokenizer, so text cannot be encoded. Add {Accepted}, or give token ids with --tokens.");
        var settings = TokenizerSettings.Read(folder);
        return DiskErrors.Explain("Cannot read the tokenizer", path, () =>
            Path.GetFileName(path) == Json ? TokenizerJson.Read(path, settings)
            : TiktokenReader.Recognizes(path) ? TiktokenReader.Read(path, settings)
            : SentencePieceReader.Read(path, settings));
    }

    private static string? Find(string folder) => !Directory.Exists(folder) ? null : new[] { Json, Model }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? Directory.GetFiles(folder, "*" + Tiktoken).Order(StringComparer.Ordinal).FirstOrDefault();
}
