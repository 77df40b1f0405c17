namespace Experiments.Notebooks;

/// <summary>One parameter of a notebook.</summary>
/// <param name="Name">Variable name.</param>
/// <param name="Type">C# type: <c>int</c>, <c>long</c>, <c>float</c>, <c>double</c>, <c>decimal</c>, <c>bool</c> or <c>string</c>, or an array of one, such as <c>int[]</c>.</param>
/// <param name="Default">Default as it stands in the cell.</param>
/// <param name="Comment">The comment behind it.</param>
public sealed record NotebookParameter(string Name, string Type, string Default, string Comment);
