namespace Experiments.Notebooks;

/// <summary>How a cell ended.</summary>
/// <param name="HasValue">Whether its last expression has a value to show.</param>
/// <param name="Value">That value.</param>
/// <param name="Error">What went wrong; null if nothing.</param>
public sealed record CellResult(bool HasValue, object? Value, CellError? Error);

/// <summary>An error in a cell.</summary>
/// <param name="Name">Exception type, or <c>CompilationError</c>.</param>
/// <param name="Message">One or a few readable lines, with cell and line.</param>
/// <param name="Traceback">Lines for the notebook's error output.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Traceback);
