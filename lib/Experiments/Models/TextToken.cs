namespace Experiments.Models;

/// <summary>A token with its place in the text that was encoded.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Start">First UTF-16 unit that it stands for.</param>
/// <param name="Length">Number of UTF-16 units; 0 where it stands for none, as BOS. A token that is part of one character has that character's range.</param>
public readonly record struct TextToken(int Id, int Start, int Length);
