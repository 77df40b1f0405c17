using System.Diagnostics;

namespace Experiments.Notebooks.Directives;

/// <summary>Runs the parts of a cell, and of the notebooks and scripts that it imports.</summary>
/// <param name="run">Compiles and runs C#: code, name for errors, folder of relative paths.</param>
/// <param name="assemblies">Takes the packages.</param>
/// <param name="sink">Receives displays.</param>
/// <param name="cancellation">Interrupts.</param>
internal sealed class CellScript(Func<string, string, string, Task<CellResult>> run, CellAssemblies assemblies, IOutputSink sink, CancellationToken cancellation)
{
    private static readonly CellResult Nothing = new(false, null, null);
    private readonly Stack<string> _importing = [];

    /// <summary>Runs a cell's text.</summary>
    /// <param name="code">The text.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <returns>The last part's value, or the first error. Values of earlier parts are displayed.</returns>
    internal async Task<CellResult> RunAsync(string code, string name, string folder)
    {
        IReadOnlyList<CellPart> parts;
        try
        {
            parts = CellParts.Of(code, name);
        }
        catch (CellCompilationException e)
        {
            return new CellResult(false, null, e.Error);
        }

        var watch = Stopwatch.StartNew();
        var result = Nothing;
        foreach (var part in parts)
        {
            ShowValue(result);
            result = await RunAsync(part, name, folder);
            if (result.Error is not null)
            {
                return result;
            }
        }

        if (parts.Any(part => part is TimePart))
        {
            ShowValue(result);
            result = Nothing;
            sink.Display(ValueFormatter.Bundle(FormattableString.Invariant($"Wall time: {watch.Elapsed.TotalMilliseconds:0.0} ms")), null);
        }

        return result;
    }

    private async Task<CellResult> RunAsync(CellPart part, string name, string folder)
    {
        try
        {
            switch (part)
            {
                case CodePart code:
                    return await run(code.Code, name, folder);
                case TextPart text:
                    sink.Display(new System.Text.Json.Nodes.JsonObject { [text.MimeType] = text.Text, ["text/plain"] = text.Text }, null);
                    break;
                case ImportPart import:
                    return await ImportAsync(import, name, folder);
                case SourcePart source:
                    assemblies.AddSource(source.Source);
                    break;
                case PackagePart package:
                    sink.Display(ValueFormatter.Bundle(await assemblies.AddPackageAsync(package, name, folder, cancellation)), null);
                    break;
            }
        }
        catch (CellCompilationException e)
        {
            return new CellResult(false, null, e.Error);
        }
        catch (OperationCanceledException e) when (cancellation.IsCancellationRequested)
        {
            return new CellResult(false, null, CellErrors.Of(e, cancellation));
        }

        return Nothing;
    }

    private async Task<CellResult> ImportAsync(ImportPart part, string name, string folder)
    {
        var path = Path.GetFullPath(Path.Combine(folder, part.Path));
        if (_importing.Contains(path))
        {
            throw CellParts.Failure(name, part.Line, $"{part.Path} imports itself, by way of {string.Join(", ", _importing.Select(Path.GetFileName))}.");
        }

        _importing.Push(path);
        var result = Nothing;
        foreach (var (where, code) in Sources(part, path, name))
        {
            ShowValue(result);
            result = await RunAsync(code, where, Path.GetDirectoryName(path)!);
            if (result.Error is not null)
            {
                break;
            }
        }

        _importing.Pop();
        return result;
    }

    private static List<(string Name, string Code)> Sources(ImportPart part, string path, string name)
    {
        var file = Path.GetFileName(path);
        try
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".ipynb" => [.. NotebookDocument.Load(path).Cells.Where(cell => cell.IsCode).Select((cell, i) => ($"{name} {file} cell {i + 1}", cell.CodeToRun))],
                ".cs" or ".csx" or ".dib" => [($"{name} {file}", File.ReadAllText(path))],
                var other => throw CellParts.Failure(name, part.Line, $"{part.Path} cannot be imported: '{other}' is none of .ipynb, .dib, .csx and .cs."),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotebookException)
        {
            throw CellParts.Failure(name, part.Line, $"{part.Path} cannot be imported: {e.Message} Paths start from the folder of the file that holds the directive.");
        }
    }

    private void ShowValue(CellResult result)
    {
        if (result.HasValue)
        {
            sink.Display(ValueFormatter.Bundle(result.Value), null);
        }
    }
}
