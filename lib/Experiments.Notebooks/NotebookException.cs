namespace Experiments.Notebooks;

/// <summary>An error that the user can act on: what is wrong with a notebook or its parameters, where, and what to do.</summary>
/// <param name="message">One or two sentences.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class NotebookException(string message, Exception? innerException = null) : Exception(message, innerException);
