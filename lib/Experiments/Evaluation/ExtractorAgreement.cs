namespace Experiments.Evaluation;

/// <summary>What an answer extractor makes of replies, beside the answers that are reported.</summary>
/// <param name="Name">Name of the extractor.</param>
/// <param name="Accuracy">Share of right answers as it reads them.</param>
/// <param name="Unparsed">Replies in which it finds no answer.</param>
/// <param name="Kappa">Cohen's kappa with the reported answers (Cohen 1960), "no answer" being one of the choices; 1 for full agreement, 0 for that of chance.</param>
public sealed record ExtractorAgreement(string Name, double Accuracy, int Unparsed, double Kappa)
{
    /// <summary>Reads replies with every built-in extractor.</summary>
    /// <param name="replies">Generated replies, at least one.</param>
    /// <returns>One row per extractor.</returns>
    public static IReadOnlyList<ExtractorAgreement> Of(IReadOnlyList<AnsweredQuestion> replies) => [.. AnswerExtractor.All.Select(extractor =>
    {
        var read = replies.Select(reply => extractor.Extract(reply.Result.Reply, reply.Question, reply.Style).Option).ToList();
        var right = read.Zip(replies, (option, reply) => option == reply.Question.Answer).Count(isRight => isRight);
        return new ExtractorAgreement(extractor.Name, right / (double)replies.Count, read.Count(option => option is null), CohensKappa([.. read.Zip(replies, (option, reply) => (option, reply.Result.Predicted))]));
    })];

    /// <summary>Cohen's kappa of two readers.</summary>
    /// <param name="pairs">What each read, null for nothing.</param>
    /// <returns>Agreement beyond chance, over what is possible beyond chance; 1 where both always say the same one thing.</returns>
    internal static double CohensKappa(IReadOnlyList<(int? First, int? Second)> pairs)
    {
        var n = (double)pairs.Count;
        var observed = pairs.Count(pair => pair.First == pair.Second) / n;
        var second = pairs.CountBy(pair => pair.Second ?? -1).ToDictionary();
        var expected = pairs.CountBy(pair => pair.First ?? -1).Sum(first => first.Value / n * (second.GetValueOrDefault(first.Key) / n));
        return expected < 1 ? (observed - expected) / (1 - expected) : 1;
    }
}
