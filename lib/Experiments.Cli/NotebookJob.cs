using Experiments.Notebooks;
using Experiments.Runs;

namespace Experiments.Cli;

/// <summary>One notebook to execute.</summary>
/// <param name="Input">Its file.</param>
/// <param name="Output">Where the executed notebook goes.</param>
/// <param name="Values">Values of its parameters, as text.</param>
internal sealed record NotebookJob(string Input, string Output, IReadOnlyDictionary<string, string> Values)
{
    internal string Name => Path.GetFileName(Input);

    /// <summary>All notebooks of the repository.</summary>
    internal static string[] Default()
    {
        var folder = Workspace.Open(output: ".").Root is { } root ? Path.Combine(root, "notebooks") : null;
        return folder is not null && Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.ipynb").Order(StringComparer.Ordinal)]
            : throw new UsageException("There is no notebooks folder here. Name the notebooks, or start inside the repository.");
    }

    /// <summary>A value goes to the notebooks that declare it. One that none declares is a mistake, and so is one of the wrong type.</summary>
    internal static List<NotebookJob> Plan(string[] files, string folder, Dictionary<string, string> values, string? profile)
    {
        var notebooks = files.Select(file => (File: file, Declared: NotebookParameters.Of(NotebookDocument.Load(file)).Select(parameter => parameter.Name).ToHashSet(StringComparer.Ordinal))).ToList();
        if (values.Keys.FirstOrDefault(name => !notebooks.Exists(notebook => notebook.Declared.Contains(name))) is { } unknown)
        {
            var known = notebooks.SelectMany(notebook => notebook.Declared).Distinct().Order(StringComparer.Ordinal).ToList();
            throw new UsageException($"{(files.Length == 1 ? Path.GetFileName(files[0]) + " has" : "The notebooks have")} no parameter '{unknown}'. Known: {(known.Count == 0 ? "none" : string.Join(", ", known))}.");
        }

        if (files.GroupBy(Path.GetFileName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } same)
        {
            throw new UsageException($"{same.Count()} notebooks are called {same.Key}, and their outputs would overwrite each other. Run them apart, each with its own --output.");
        }

        if (profile is not null)
        {
            values["profile"] = profile; // notebooks without profiles do not mind
        }

        return [.. notebooks.Select(notebook => new NotebookJob(
            notebook.File,
            Path.Combine(folder, Path.GetFileName(notebook.File)),
            Fitting(notebook.File, values.Where(pair => notebook.Declared.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal))))];
    }

    private static Dictionary<string, string> Fitting(string file, Dictionary<string, string> values)
    {
        try
        {
            NotebookParameters.Inject(NotebookDocument.Load(file), values, Path.GetFileName(file));
            return values;
        }
        catch (NotebookException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
