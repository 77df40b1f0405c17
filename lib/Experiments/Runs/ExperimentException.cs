namespace Experiments.Runs;

/// <summary>
/// An error that the user can act on: its message says what is wrong, where, and what to do next. The command line prints the
/// message as one line, without a stack trace.
/// </summary>
public sealed class ExperimentException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong, where, and what to do; one line.</param>
    /// <param name="inner">The technical cause, if there is one.</param>
    public ExperimentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
