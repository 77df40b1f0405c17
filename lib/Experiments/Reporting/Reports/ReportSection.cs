using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Experiments.Runs;

namespace Experiments.Reporting.Reports;

/// <summary>One run in a report: where its numbers come from, and what they show.</summary>
public sealed record ReportSection
{
    private const int ShownDigits = 12;

    /// <summary>Begins the names of its files: lower-case letters, digits and dashes.</summary>
    public required string Slug { get; init; }

    /// <summary>Its heading.</summary>
    public required string Title { get; init; }

    /// <summary>Where the numbers come from: names and values, in the order in which they are read.</summary>
    public required ImmutableArray<(string Name, string Value)> Provenance { get; init; }

    /// <summary>The options as indented JSON; null if there are none.</summary>
    public string? Settings { get; init; }

    /// <summary>What it shows.</summary>
    public required Exhibits Exhibits { get; init; }

    /// <summary>A name as <see cref="Slug"/> wants it.</summary>
    /// <exception cref="ExperimentException">It holds neither letters nor digits.</exception>
    public static string SlugOf(string name) => Workspace.FolderName(name).ToLowerInvariant().Replace('.', '-').Replace('_', '-');

    /// <summary>The section of a run.</summary>
    /// <param name="run">Its manifest.</param>
    /// <param name="exhibits">What it shows.</param>
    /// <returns>The section.</returns>
    public static ReportSection Of(RunManifest run, Exhibits exhibits)
    {
        string[] computed = [.. new[] { run.DType, run.Device, run.Threads is { } threads ? $"{threads} threads" : null }.OfType<string>()];
        var minutes = TimeSpan.FromSeconds(Math.Round(run.WallSeconds ?? 0)).ToString("g", CultureInfo.InvariantCulture);
        var memory = (run.PeakMemoryBytes ?? 0) / 1e6;
        return new ReportSection
        {
            Slug = SlugOf($"{run.Experiment}-{run.Variant}"),
            Title = $"{char.ToUpperInvariant(run.Experiment[0])}{run.Experiment[1..]}: {run.Model}, {run.Variant}",
            Provenance =
            [
                ("run", run.Id),
                ("started", run.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
                ("took", string.Create(CultureInfo.InvariantCulture, $"{minutes}, {memory:#,0} MB at most")),
                ("seed", run.Seed.ToString(CultureInfo.InvariantCulture)),
                ("commit", run.Git is { } git ? git.Id[..ShownDigits] + (git.Dirty ? ", with changes" : "") : "unknown"),
                ("config", run.ConfigHash[..ShownDigits]),
                .. new (string, string?)[] { ("checkpoint", run.CheckpointHash), ("dataset", run.DatasetHash), ("prompts", run.PromptsHash) }
                    .Where(hash => hash.Item2 is not null).Select(hash => (hash.Item1, hash.Item2![..ShownDigits])),
                .. computed.Length == 0 ? [] : new[] { ("computed with", string.Join(", ", computed)) },
                ("machine", $"{run.Environment.OperatingSystem}, {run.Environment.Architecture}, {run.Environment.Processors} processors"),
                ("software", string.Join(", ", run.Environment.Natives.Concat(run.Environment.Packages).Select(version => $"{version.Key} {version.Value}").Prepend(run.Environment.DotNet))),
            ],
            Settings = JsonSerializer.Serialize(run.Config, RunJson.Indented),
            Exhibits = exhibits,
        };
    }
}
