using System.Text.RegularExpressions;
using Experiments.Data.ClosedWorld;
using Experiments.Models;

namespace Experiments.Studies;

/// <summary>The vocabulary of the embedded model: control tokens, 256 bytes, and every word of the closed world.</summary>
/// <remarks>Ids: 0 unknown, 1 BOS, 2 EOS, 3 to 258 bytes, then words in ordinal order, with SentencePiece's <c>▁</c> for a leading space, and a lone <c>▁</c> at the end.</remarks>
public sealed partial class ClosedWorldVocabulary
{
    /// <summary>First id of a word.</summary>
    public const int FirstWord = 259;

    private readonly Dictionary<string, int> _ids;

    /// <summary>Collects the words by generating texts of every kind; the result is always the same.</summary>
    public ClosedWorldVocabulary()
    {
        var random = new Random(0);
        var pieces = new SortedSet<string>(StringComparer.Ordinal);
        void Add(string text) => pieces.UnionWith(Split(text).Where(piece => piece != "\n"));
        Add(string.Join(' ', Enumerable.Range(0, 100)));
        for (var i = 0; i < 3000; i++)
        {
            Add(Drills.Pairs(random));
            Add(Drills.Sentences(random));
            Add(Drills.Options(random));
            Add(Drills.Chains(random));
            Add(Drills.Lookup(random));
            Add(Drills.Calculations(random));
            var question = ClosedWorldDataset.DrawTraining(random, null, new Difficulty { MaxSteps = 4 }); // all words occur in these
            Add($"Options:\nA. {question.Options[0]}\n {question.Question}\n Answer: A\n Analysis: {question.Analysis}\n Response: B");
        }

        Words = [.. pieces, "▁"]; // last, so least likely: SentencePiece writes it before a word that it spells in bytes
        _ids = Words.Select((piece, index) => (piece, index)).ToDictionary(pair => pair.piece, pair => FirstWord + pair.index, StringComparer.Ordinal);
        _ids["\n"] = 3 + '\n';
    }

    /// <summary>The word pieces; the first has id <see cref="FirstWord"/>.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Number of ids.</summary>
    public int Size => FirstWord + Words.Count;

    /// <summary>Encodes marked text: the same ids as the tokenizer gives, and which of them carry loss.</summary>
    /// <param name="marked">Text of the closed world, with <see cref="Drills.Open"/> and <see cref="Drills.Close"/> around targets.</param>
    /// <returns>Ids beginning with BOS, and one flag per id.</returns>
    public (List<int> Ids, List<bool> IsTarget) Encode(string marked)
    {
        var (ids, targets, target) = (new List<int> { 1 }, new List<bool> { false }, false);
        foreach (var part in Marks().Split(" " + marked))
        {
            if (part.Length == 1 && part[0] is Drills.Open or Drills.Close)
            {
                target = part[0] == Drills.Open;
                continue;
            }

            foreach (Match match in Pieces().Matches(part))
            {
                ids.Add(_ids[match.Value.Replace(' ', '▁')]);
                targets.Add(target);
            }
        }

        return (ids, targets);
    }

    /// <summary>Writes the tokenizer files of a Hugging Face folder: a SentencePiece unigram model with byte fallback.</summary>
    /// <param name="folder">Where to.</param>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), SentencePieceModel.WithBytes(Words).ToBytes());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """
            {
              "add_bos_token": true,
              "add_eos_token": false,
              "bos_token": "<s>",
              "eos_token": "</s>",
              "legacy": false,
              "tokenizer_class": "LlamaTokenizer",
              "unk_token": "<unk>"
            }

            """);
        File.WriteAllText(Path.Combine(folder, "special_tokens_map.json"), """
            {
              "bos_token": "<s>",
              "eos_token": "</s>",
              "unk_token": "<unk>"
            }

            """);
    }

    private static IEnumerable<string> Split(string text) =>
        Pieces().Matches(" " + text.Replace(Drills.Open.ToString(), string.Empty, StringComparison.Ordinal).Replace(Drills.Close.ToString(), string.Empty, StringComparison.Ordinal))
            .Select(match => match.Value.Replace(' ', '▁'));

    [GeneratedRegex(@"\n| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]", RegexOptions.CultureInvariant)]
    private static partial Regex Pieces();

    [GeneratedRegex("([⟦⟧])", RegexOptions.CultureInvariant)]
    private static partial Regex Marks();
}
