using Experiments.Data.ClosedWorld;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>The curriculum that the embedded model learns from: recall first, then two recalls in a row, the world's sentences, and everything together.</summary>
/// <remarks>Trained straight on questions, a model this small does not learn to look a thing up in its context; see lib/decisions/005-training.md.</remarks>
/// <param name="vocabulary">Encodes the texts.</param>
/// <param name="seed">Seed of the stream.</param>
/// <param name="letterWeight">Weight of a lone letter beside the tokens of a worked answer.</param>
internal sealed class Pretraining(ClosedWorldVocabulary vocabulary, int seed, double letterWeight)
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
        if (done < 0.017)
        {
            return Drill(Drills.Pairs(random, vocabulary: 32));
        }

        if (done < 0.08)
        {
            return Drill(dice switch
            {
                < 0.25 => Drills.Pairs(random),
                < 0.50 => Drills.Options(random),
                _ => Drills.Chains(random),
            });
        }

        if (done < 0.28)
        {
            var lookup = done > 0.22 ? 0.40 : 0;
            return Drill(dice switch
            {
                _ when dice < lookup => Drills.Lookup(random),
                _ => random.NextDouble() switch
                {
                    < 0.06 => Drills.Pairs(random),
                    < 0.11 => Drills.Options(random),
                    < 0.25 => Drills.Chains(random),
                    < 0.40 => Drills.Sentences(random),
                    < 0.62 => Drills.Letters(random, inWords: false),
                    _ => Drills.Letters(random, inWords: true),
                },
            });
        }

        return dice switch
        {
            < 0.02 => Drill(Drills.Pairs(random)),
            < 0.04 => Drill(Drills.Options(random)),
            < 0.06 => Drill(Drills.Chains(random)),
            < 0.10 => Drill(Drills.Sentences(random)),
            < 0.13 => Drill(Drills.Letters(random, inWords: true)),
            < 0.18 => Drill(Drills.Lookup(random), letterWeight),
            < 0.26 => Drill(Drills.Calculations(random)),
            < 0.77 => Question(random, worked: true, maxSteps: 3),
            _ => Question(random, worked: false, maxSteps: 3),
        };
    }

    private TrainingExample Drill(string marked, double weight = 1)
    {
        var (ids, targets) = vocabulary.Encode(marked);
        return new TrainingExample([.. ids], [.. targets], weight);
    }

    private TrainingExample Question(Random random, bool worked, int maxSteps)
    {
        var steps = random.Next(1, maxSteps + 1);
        var difficulty = new Difficulty { MinSteps = steps, MaxSteps = steps, Distractors = random.Next(2, 4) };
        var question = ClosedWorldDataset.DrawTraining(random, Mix[random.Next(Mix.Length)], difficulty);
        var template = worked ? Evaluation.PromptTemplates.CompactCot : Evaluation.PromptTemplates.CompactDirect;
        var (ids, targets) = vocabulary.Encode($"{template.Render(question)}{Drills.Open}{template.Target(question)}{Drills.Close}");
        return new TrainingExample([.. ids, EosId], [.. targets, true], worked ? 1 : letterWeight);
    }
}
