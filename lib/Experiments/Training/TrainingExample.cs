namespace Experiments.Training;

/// <summary>One sequence to learn from.</summary>
/// <param name="Ids">Token ids, in order.</param>
/// <param name="IsTarget">Per token: whether predicting it from the tokens before it counts in the loss. The first is never predicted.</param>
/// <param name="Weight">How much each of its targets counts beside those of other examples. A lone letter is lost among long analyses at 1.</param>
public sealed record TrainingExample(int[] Ids, bool[] IsTarget, double Weight = 1)
{
    /// <summary>Names the example where something is wrong with it, such as <c>kinship-12</c>; null for none.</summary>
    public string? Id { get; init; }

    /// <summary>A prompt whose continuation is to be learned: loss on the continuation only.</summary>
    /// <param name="prompt">Ids of the prompt.</param>
    /// <param name="answer">Ids of the continuation, with EOS where the reply should end.</param>
    /// <param name="promptToo">Whether the prompt's tokens count in the loss as well.</param>
    /// <returns>The example.</returns>
    public static TrainingExample Of(int[] prompt, int[] answer, bool promptToo = false) =>
        new([.. prompt, .. answer], [.. Enumerable.Repeat(promptToo, prompt.Length), .. Enumerable.Repeat(true, answer.Length)]);
}
