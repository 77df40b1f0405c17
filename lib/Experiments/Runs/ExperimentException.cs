namespace Experiments.Runs;

/// <summary>An error that the user can act on: its message says what is wrong, where, and what to do. Programs print it as one line.</summary>
/// <param name="message">What, where and what to do next, in one sentence or two.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class ExperimentException(string message, Exception? innerException = null) : Exception(message, innerException);
