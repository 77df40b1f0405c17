namespace Experiments.Runs;

/// <summary>How a host, such as the notebook engine, interrupts long work that was started without a token of its own.</summary>
public static class Interruption
{
    /// <summary>Gives the token that is valid now; the host sets it once.</summary>
    public static Func<CancellationToken> Source { get; set; } = () => CancellationToken.None;

    /// <summary>Cancelled when the work that runs now is to stop.</summary>
    public static CancellationToken Token => Source();
}
