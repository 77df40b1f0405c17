using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Experiments.Notebooks;

/// <summary>Errors as a reader of the notebook wants them: what, and in which cell and line.</summary>
internal static class CellErrors
{
    private const int MostLines = 20;
    private const int MostCharacters = 2_000;

    /// <summary>All compilation errors of a cell, one line each.</summary>
    internal static CellError Of(IEnumerable<Diagnostic> diagnostics, string cell)
    {
        var lines = diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic =>
        {
            var start = diagnostic.Location.GetLineSpan().StartLinePosition;
            return $"{cell}:line {start.Line + 1}, column {start.Character + 1}: {diagnostic.Id}: {diagnostic.GetMessage(CultureInfo.InvariantCulture)}";
        }).ToList();
        if (lines.Count > MostLines)
        {
            lines = [.. lines[..MostLines], $"… and {lines.Count - MostLines} more"];
        }

        return new CellError("CompilationError", string.Join('\n', lines), lines);
    }

    /// <summary>An exception with the frames that lie in cells.</summary>
    internal static CellError Of(Exception exception, CancellationToken cancellation)
    {
        var error = exception is AggregateException { InnerExceptions.Count: 1 } aggregate ? aggregate.InnerExceptions[0] : exception;
        if (cancellation.IsCancellationRequested && error is OperationCanceledException or ThreadInterruptedException)
        {
            const string Message = "The cell was interrupted. Variables keep their values.";
            return new CellError("Interrupted", Message, [Message]); // VS Code shows the traceback alone
        }

        var frames = (error.StackTrace ?? "").Split('\n').Where(line => line.Contains(" in In [", StringComparison.Ordinal)).Select(line => "   at " + line[(line.IndexOf(" in In [", StringComparison.Ordinal) + 4)..].Trim()).Distinct().Take(MostLines).ToArray();
        var message = error.Message;
        for (var inner = error.InnerException; inner is not null; inner = inner.InnerException)
        {
            message += $"\n  caused by {inner.GetType().Name}: {inner.Message}";
        }

        message = message.Length <= MostCharacters ? message : $"{message[..MostCharacters]}… {message.Length - MostCharacters} characters more";
        return new CellError(error.GetType().Name, message, [$"{error.GetType().FullName}: {message}", .. frames]);
    }
}
