using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>The curriculum that the embedded model learns from: recall first, then the world's sentences, then questions.</summary>
/// <remarks>Trained straight on questions, a model this small never learns to look a thing up in its context; see lib/decisions/005-training.md.</remarks>
public sealed class Pretraining(ClosedWorldVocabulary vocabulary, int seed)
{
    /// <summary>Endless stream of examples whose mix depends on how much of the training is done.</summary>
    /// <param name="total">Number of examples that will be drawn.</param>
    /// <returns>The examples.</returns>
    public IEnumerable<TrainingExample> Examples(long total)
    {
        var random = new Random(seed);
        for (long i = 0; i < total; i++)
        {
            var (ids, targets) = vocabulary.Encode(Draw(random, (double)i / total));
            yield return new TrainingExample([.. ids], [.. targets]);
        }
    }

    /// <summary>A question with its direct or worked answer as the target, ended by EOS.</summary>
    public static string Marked(MultipleChoiceQuestion question, bool worked)
    {
        var options = string.Concat(question.Options.Select((option, i) => $"\n{MultipleChoiceQuestion.LetterOf(i)}. {option}"));
        var prompt = $"{question.Question}\n{options}\n";
        return worked
            ? $"{prompt} Analysis:{Drills.Open} {question.Analysis}\n Response: {question.Letter}{Drills.Close}"
            : $"{prompt} Answer:{Drills.Open} {question.Letter}{Drills.Close}";
    }

    private static string Draw(Random random, double done)
    {
        var dice = random.NextDouble();
        if (done < 0.06)
        {
            return Drills.Pairs(random, vocabulary: done < 0.02 ? 32 : done < 0.03 ? 64 : int.MaxValue);
        }

        if (done < 0.15)
        {
            return dice < 0.25 ? Drills.Pairs(random) : dice < 0.75 ? Drills.Sentences(random) : dice < 0.9 ? Drills.Options(random) : Drills.Calculations(random);
        }

        switch (dice)
        {
            case < 0.03:
                return Drills.Pairs(random);
            case < 0.12:
                return Drills.Sentences(random);
            case < 0.18:
                return Drills.Options(random);
            case < 0.30:
                return Drills.Calculations(random);
            default:
                var steps = random.Next(1, 4);
                var difficulty = new Difficulty { MinSteps = steps, MaxSteps = steps, Distractors = random.Next(2, 4) };
                return Marked(ClosedWorldDataset.DrawTraining(random, null, difficulty), worked: dice < 0.8);
        }
    }
}
