namespace Experiments.Notebooks;

/// <summary>How a cell ended.</summary>
/// <param name="Index">0-based index among the notebook's cells.</param>
/// <param name="Id">Cell id.</param>
/// <param name="Status"><c>completed</c> or <c>failed</c>.</param>
/// <param name="Duration">Time taken.</param>
/// <param name="Error">The error of a failed cell, also when <c>raises-exception</c> allows it.</param>
public sealed record CellOutcome(int Index, string Id, string Status, TimeSpan Duration, CellError? Error);

/// <summary>How a notebook ended.</summary>
/// <param name="ExitCode">0: all cells passed; 1: a cell failed; 124: out of time; 130: interrupted.</param>
/// <param name="Cells">The code cells that were reached.</param>
/// <param name="Duration">Time taken.</param>
public sealed record NotebookOutcome(int ExitCode, IReadOnlyList<CellOutcome> Cells, TimeSpan Duration);
