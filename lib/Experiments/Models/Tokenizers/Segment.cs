namespace Experiments.Models.Tokenizers;

/// <summary>A piece of a word.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Start">First UTF-16 unit in the word.</param>
/// <param name="Length">Number of units; the bytes of one character share its units.</param>
internal readonly record struct Segment(int Id, int Start, int Length);
