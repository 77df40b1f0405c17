using System.Text.Json.Nodes;

namespace Experiments.Runs;

/// <summary>How a host, such as the notebook engine, shows something that changes in place.</summary>
public static class LiveDisplay
{
    /// <summary>Makes a place and gives what shows a MIME bundle there, instead of what was there; null where there is no such place. The host sets it once.</summary>
    public static Func<Action<JsonObject>?> Source { get; set; } = () => null;

    /// <summary>A new place in the output of the work that runs now; null if it has none.</summary>
    /// <returns>Shows a MIME bundle there.</returns>
    public static Action<JsonObject>? Open() => Source();
}
