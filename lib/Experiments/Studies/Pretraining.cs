using Experiments.Data.ClosedWorld;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>The curriculum that the embedded model learns from: recall first, then the world's sentences, then everything together.</summary>
/// <remarks>Trained straight on questions, a model this small does not learn to look a thing up in its context; see lib/decisions/005-training.md.</remarks>
/// <param name="vocabulary">Encodes the texts.</param>
/// <param name="seed">Seed of the stream.</param>
/// <param name="directWeight">Weight of a direct answer's letter beside the tokens of a worked one.</param>
internal sealed class Pretraining(ClosedWorldVocabulary vocabulary, int seed, double directWeight)
{
    private const int EosId = 2;

    // Calculating, comparing and finding exceptions take longer to learn than chained recall: they come twice as often.
    private static readonly string[] Mix = [.. ClosedWorldDataset.Categories, "modular-arithmetic", "comparison", "sequences", "rules"];

    /// <summary>Examples whose mix depends on how much of the training is done.</summary>
    /// <param name="total">Number of examples that will be drawn.</param>
    /// <returns>The examples.</returns>
    internal IEnumerable<TrainingExample> Examples(long total)
    {
        var random = new Random(seed);
        for (long i = 0; i < total; i++)
        {
            yield return Draw(random, (double)i / total);
        }
    }

    private TrainingExample Draw(Random random, double done)
    {
        var dice = random.NextDouble();
        if (done < 0.01)
        {
            return Drill(Drills.Pairs(random, vocabulary: 32));
        }

        if (done < 0.05)
        {
            return Drill(dice < 0.2 ? Drills.Pairs(random) : dice < 0.5 ? Drills.Sentences(random) : dice < 0.9 ? Drills.Options(random) : Drills.Calculations(random));
        }

        return dice switch
        {
            < 0.03 => Drill(Drills.Pairs(random)),
            < 0.10 => Drill(Drills.Sentences(random)),
            < 0.15 => Drill(Drills.Options(random)),
            < 0.26 => Drill(Drills.Calculations(random)),
            _ => Question(random, worked: dice < 0.76),
        };
    }

    private TrainingExample Drill(string marked)
    {
        var (ids, targets) = vocabulary.Encode(marked);
        return new TrainingExample([.. ids], [.. targets]);
    }

    private TrainingExample Question(Random random, bool worked)
    {
        var steps = random.Next(1, 4);
        var difficulty = new Difficulty { MinSteps = steps, MaxSteps = steps, Distractors = random.Next(2, 4) };
        var question = ClosedWorldDataset.DrawTraining(random, Mix[random.Next(Mix.Length)], difficulty);
        var template = worked ? Evaluation.PromptTemplates.CompactCot : Evaluation.PromptTemplates.CompactDirect;
        var (ids, targets) = vocabulary.Encode($"{template.Render(question)}{Drills.Open}{template.Target(question)}{Drills.Close}");
        return new TrainingExample([.. ids, EosId], [.. targets, true], worked ? 1 : directWeight);
    }
}
