namespace Experiments.Runs;

/// <summary>
/// A model that a run was made from. It names no folder, so that the run can be made again elsewhere; and it names the run that made the
/// model, because the same training gives weights of another hash on another processor.
/// </summary>
/// <param name="Name">What the model is to the run: <c>model</c>, or <c>before</c> and <c>after</c>.</param>
/// <param name="Hash">SHA-256 over config, weights and tokenizer.</param>
/// <param name="RunId">Id of the run whose <c>checkpoint/</c> it is; null for other folders.</param>
/// <param name="Embedded">Whether it was the model that ships with the suite.</param>
public sealed record CheckpointOrigin(string Name, string Hash, string? RunId = null, bool Embedded = false);
