using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>What the embedded model learns from, stage after stage: recall, two recalls in a row, the world's sentences, look-ups, and then everything together.</summary>
/// <remarks>
/// A stage ends when its drill is mastered. Left too early, the next skill is never found, and trained straight on questions a model this small does not
/// learn to look a thing up in its context; see lib/decisions/005-training.md.
/// </remarks>
internal sealed class Curriculum
{
    private const int EosId = 2;
    private const int MeasuredTexts = 64;

    // Twice as often what takes longest to learn: calculating, comparing, who is whose mother, and what is asked backwards.
    private static readonly string[] Mix = [.. ClosedWorldDataset.Categories, "modular-arithmetic", "comparison", "sequences", "kinship", "preferences", "story"];

    private static readonly Stage[] Stages =
    [
        new("recall", 100, null, [new(1, random => Drills.Pairs(random, vocabulary: 32))]),
        new("silent recall", 1500, new(0.98, Drills.Chains),
            [new(25, PairsOfMany), new(25, Drills.Options), new(25, Drills.BareOptions), new(25, Drills.Chains)]),
        new("sentences", 2200, new(0.97, random => Drills.Letters(random, inWords: true, simple: true)),
        [
            new(5, PairsOfMany), new(5, Drills.Options), new(5, Drills.BareOptions), new(10, Drills.Chains), new(18, Drills.Sentences),
            new(22, random => Drills.Letters(random, inWords: false, simple: true)), new(22, random => Drills.Letters(random, inWords: true, simple: true)),
            new(13, random => Drills.Lookup(random, simple: true)),
        ]),
        new("look-ups", 1500, new(0.95, random => Drills.Lookup(random)),
        [
            new(4, PairsOfMany), new(4, Drills.Options), new(4, Drills.BareOptions), new(6, Drills.Chains), new(15, Drills.Sentences),
            new(16, random => Drills.Letters(random, inWords: true)), new(16, random => Drills.Lookup(random, simple: true)),
            new(35, random => Drills.Lookup(random)),
        ]),
        new("questions", int.MaxValue, null,
        [
            new(2, PairsOfMany), new(2, Drills.Options), new(2, Drills.Chains), new(4, Drills.Sentences), new(3, random => Drills.Letters(random, inWords: true)),
            new(7, random => Drills.Lookup(random), IsLetter: true), new(9, Drills.Calculations),
            new(57, Worked, Ends: true), new(14, Direct, Ends: true, IsLetter: true),
        ]),
    ];

    private readonly ClosedWorldVocabulary _vocabulary;
    private readonly double _letterWeight;
    private readonly Random _random;
    private int _stage;
    private int _stageBegan;

    /// <summary>Begins with the first stage.</summary>
    /// <param name="vocabulary">Encodes the texts.</param>
    /// <param name="seed">Seed of the texts.</param>
    /// <param name="letterWeight">Weight of a lone letter beside the tokens of a worked answer.</param>
    internal Curriculum(ClosedWorldVocabulary vocabulary, int seed, double letterWeight)
    {
        _vocabulary = vocabulary;
        _letterWeight = letterWeight;
        _random = new Random(seed);
    }

    /// <summary>Name of the stage that examples are drawn from now.</summary>
    internal string Current => Stages[_stage].Name;

    /// <summary>Examples without end, each of the stage that holds when it is drawn.</summary>
    internal IEnumerable<TrainingExample> Examples()
    {
        while (true)
        {
            var texts = Stages[_stage].Texts;
            var dice = _random.NextDouble() * texts.Sum(text => text.Share);
            var chosen = texts.First(text => (dice -= text.Share) < 0 || text == texts[^1]);
            var (ids, targets) = _vocabulary.Encode(chosen.Draw(_random));
            if (chosen.Ends)
            {
                ids.Add(EosId);
                targets.Add(true);
            }

            yield return new TrainingExample([.. ids], [.. targets], chosen.IsLetter ? _letterWeight : 1);
        }
    }

    /// <summary>Measures the stage's drill, and goes on to the next stage if it is mastered or has had its time.</summary>
    /// <param name="model">The model in training.</param>
    /// <param name="step">1-based number of the step just done.</param>
    /// <returns>What was measured; null for a stage without a drill to master.</returns>
    internal StageAccuracy? Advance(LlamaForCausalLM model, int step)
    {
        var stage = Stages[_stage];
        var measured = stage.Goal is { } goal ? new StageAccuracy(step, stage.Name, Accuracy(model, goal.Draw), goal.Accuracy) : null;
        if (step - _stageBegan >= stage.AtMost || measured is { IsMastered: true })
        {
            (_stage, _stageBegan) = (_stage + 1, step);
        }

        return measured;
    }

    /// <summary>Share of a drill's target tokens that get the highest logit.</summary>
    private double Accuracy(LlamaForCausalLM model, Func<Random, string> drill)
    {
        var random = new Random(0);
        var (right, all) = (0, 0);
        using var inference = inference_mode();
        for (var i = 0; i < MeasuredTexts; i++)
        {
            using var scope = NewDisposeScope();
            var (ids, targets) = _vocabulary.Encode(drill(random));
            var best = model.Forward(tensor(ids.ConvertAll(id => (long)id)).unsqueeze(0)).argmax(-1).data<long>().ToArray();
            for (var t = 1; t < ids.Count; t++)
            {
                all += targets[t] ? 1 : 0;
                right += targets[t] && best[t - 1] == ids[t] ? 1 : 0;
            }
        }

        return (double)right / all;
    }

    private static string PairsOfMany(Random random) => Drills.Pairs(random);

    // Four steps are a third as frequent as one, two or three: enough to go on to the end, and room to gain.
    private static string Worked(Random random) => Question(random, PromptTemplates.CompactCot, steps: 1 + (random.Next(10) / 3));

    // More short ones than long: what takes one silent step can be learned, what takes three hardly.
    private static string Direct(Random random) => Question(random, PromptTemplates.CompactDirect, steps: 1 + Math.Min(random.Next(3), random.Next(3)));

    private static string Question(Random random, PromptTemplate template, int steps)
    {
        var difficulty = new Difficulty { MinSteps = steps, MaxSteps = steps, MaxFactor = 6, Distractors = random.Next(2, 4) };
        var question = ClosedWorldDataset.DrawTraining(random, Mix[random.Next(Mix.Length)], difficulty);
        return $"{template.Render(question)}{Drills.Open}{template.Target(question)}{Drills.Close}";
    }

    /// <summary>A mix of texts, and when to go on.</summary>
    /// <param name="Name">For reports.</param>
    /// <param name="AtMost">Steps after which the next stage begins in any case.</param>
    /// <param name="Goal">The drill to be mastered; null to stay for <paramref name="AtMost"/> steps.</param>
    /// <param name="Texts">What is drawn.</param>
    private sealed record Stage(string Name, int AtMost, Goal? Goal, Text[] Texts);

    private sealed record Goal(double Accuracy, Func<Random, string> Draw);

    /// <param name="Share">How often, beside the others of the stage.</param>
    /// <param name="Draw">Draws a marked text.</param>
    /// <param name="Ends">It is a whole reply: the end of sequence follows, and is to be predicted.</param>
    /// <param name="IsLetter">Its only target is a letter, which counts more.</param>
    private sealed record Text(double Share, Func<Random, string> Draw, bool Ends = false, bool IsLetter = false);
}

/// <summary>How well the drill of a stage was known at a step of the pre-training.</summary>
/// <param name="Step">1-based step.</param>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Accuracy">Share of the drill's targets with the highest logit, on texts of the drill that are always the same.</param>
/// <param name="Goal">Accuracy from which the next stage begins.</param>
public sealed record StageAccuracy(int Step, string Stage, double Accuracy, double Goal)
{
    /// <summary>Whether the next stage begins.</summary>
    public bool IsMastered => Accuracy >= Goal;
}
