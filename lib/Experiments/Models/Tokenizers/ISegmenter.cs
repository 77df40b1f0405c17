namespace Experiments.Models.Tokenizers;

/// <summary>Finds the pieces of a vocabulary that a word consists of.</summary>
internal interface ISegmenter
{
    /// <summary>Segments a word.</summary>
    /// <param name="word">Normalised text, not empty, without halves of surrogate pairs.</param>
    IEnumerable<Segment> Segment(string word);
}
