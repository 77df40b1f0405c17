using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>What to look at.</summary>
public sealed record AttentionReportOptions
{
    /// <summary>Texts over which statistics are averaged: test questions with their worked analyses.</summary>
    public int Texts { get; init; } = 64;

    /// <summary>Seed of the texts and of the bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Re-balancing that is compared with none.</summary>
    public RebalanceOptions Rebalance { get; init; } = new();

    /// <summary>Definitions behind the statistics.</summary>
    public AttentionStudyOptions Statistics { get; init; } = new();
}

/// <summary>The attention of one model under one condition.</summary>
/// <param name="Name">Such as <c>fine-tuned, re-balanced</c>.</param>
/// <param name="Statistics">The numbers.</param>
public sealed record AttentionCondition(string Name, AttentionStatistics Statistics);

/// <summary>Attention statistics of two models, each with re-balancing off and on, on the same texts.</summary>
public sealed class AttentionReport
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "attention";

    private const string ExampleFile = "example.json";

    private AttentionReport(CompletedRun run, IReadOnlyList<AttentionCondition> conditions) => (Run, Conditions) = (run, conditions);

    /// <summary>The run, with tables and figures.</summary>
    public CompletedRun Run { get; }

    /// <summary>Before and after fine-tuning, each with re-balancing off and on.</summary>
    public IReadOnlyList<AttentionCondition> Conditions { get; }

    /// <summary>Attention on non-semantic tokens by layer, against what their positions explain.</summary>
    public LineFigure NonSemantic => AttentionExhibits.NonSemantic(Conditions);

    /// <summary>The same by layer and head, in percentage points above what positions explain.</summary>
    public PanelFigure NonSemanticByHead => AttentionExhibits.NonSemanticByHead(Conditions)!;

    /// <summary>What the numbers say of the fine-tuned model.</summary>
    public IReadOnlyList<string> Conclusions => AttentionExhibits.ConclusionsOf(Conditions);

    /// <summary>The condition of that name.</summary>
    /// <param name="name">Such as <c>fine-tuned</c>.</param>
    /// <returns>Its statistics.</returns>
    public AttentionStatistics this[string name] => Conditions.First(condition => condition.Name == name).Statistics;

    /// <summary>The texts on which attention is measured: a question and its worked analysis, as token ids.</summary>
    /// <param name="loaded">Whose tokenizer.</param>
    /// <param name="count">How many, categories in turn.</param>
    /// <param name="seed">Seed of the dataset.</param>
    /// <returns>Token ids per text.</returns>
    public static IReadOnlyList<int[]> Texts(LoadedModel loaded, int count, int seed)
    {
        var template = PromptTemplates.CompactCot;
        var perCategory = (count + ClosedWorldDataset.Categories.Count - 1) / ClosedWorldDataset.Categories.Count;
        return [.. ClosedWorldDataset.Generate(DatasetSplit.Test, perCategory, seed).Take(count).Select(question => loaded.Tokenizer.Encode(template.Render(question) + template.Target(question)))];
    }

    /// <summary>Measures, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="before">Model folder before fine-tuning.</param>
    /// <param name="after">Model folder after it.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Told after every text.</param>
    /// <param name="cancellation">Stops between two texts.</param>
    /// <returns>The report.</returns>
    public static AttentionReport Make(Workspace workspace, string before, string after, AttentionReportOptions? options = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new AttentionReportOptions();
        var origins = LoadedModel.OriginsOf(before, after);
        var plan = new RunPlan(Experiment)
        {
            Model = EmbeddedModel.NameOf(before),
            Variant = "before-after",
            Config = options,
            Seed = options.Seed,
            CheckpointHash = ContentHash.Of(origins.Select(origin => origin.Hash)),
            Checkpoints = origins,
            NativeVersions = Backend.Versions,
        };
        if (workspace.Find(plan) is { } existing && existing.ReadMetrics<List<AttentionCondition>>() is var saved && saved.TrueForAll(condition => condition.Statistics.NonSemantic is not null))
        {
            return new AttentionReport(existing, saved); // one without numbers by head is measured again
        }

        using var run = workspace.Start(plan);
        var (conditions, examples) = (new List<AttentionCondition>(), new List<AttentionExample>());
        foreach (var (name, folder) in new[] { ("pre-trained", before), ("fine-tuned", after) })
        {
            using var loaded = LoadedModel.Open(folder);
            var texts = Texts(loaded, options.Texts, options.Seed);
            foreach (var (suffix, rebalance) in new[] { ("", false), (", re-balanced", true) })
            {
                using var hook = rebalance ? new Rebalancing(options.Rebalance) : null;
                progress?.Report(new StudyProgress(name + suffix, 0, texts.Count));
                var statistics = AttentionStudy.Run(loaded.Model, texts, loaded.Tokenizer.Piece, hook, options.Statistics, finished: done => progress?.Report(new StudyProgress(name + suffix, done, texts.Count)), cancellation: cancellation);
                conditions.Add(new AttentionCondition(name + suffix, statistics));
                if (folder == after)
                {
                    examples.AddRange(AttentionExample.Of(name + suffix, loaded, texts.MinBy(text => text.Length)!, hook));
                }
            }
        }

        run.WriteMetrics(conditions);
        run.WriteText(ExampleFile, RunJson.Document(examples));
        run.Write(AttentionExhibits.Of(conditions, examples));
        return new AttentionReport(run.Complete(), conditions);
    }

    /// <summary>What a finished run shows, from its saved numbers.</summary>
    /// <param name="run">A run of this experiment.</param>
    /// <returns>Tables, figures and conclusions.</returns>
    public static Exhibits ExhibitsOf(CompletedRun run) => AttentionExhibits.Of(
        run.ReadMetrics<List<AttentionCondition>>(),
        run.Has(ExampleFile) ? RunJson.Read<List<AttentionExample>>(run.PathOf(ExampleFile)) : []);

    /// <summary>Attention mass and outlier tokens by class and layer.</summary>
    /// <param name="statistics">The numbers.</param>
    /// <returns>One row per layer and class.</returns>
    public static Table ClassTable(AttentionStatistics statistics)
    {
        var outliers = statistics.Outliers.ToDictionary(share => (share.Layer, share.Class));
        return Table.From(statistics.ClassMasses, c => c
            .Integer("Layer", m => m.Layer)
            .Text("Class", m => m.Class.Name())
            .Integer("Tokens", m => m.Tokens)
            .Estimate("Mass", m => m.Mass, m => m.Low, m => m.High, "0.0%")
            .Number("Expected", m => m.Expected, "0.0%")
            .Number("Lift", m => m.Lift, "0.00")
            .Integer("Outliers", m => outliers[(m.Layer, m.Class)].Count)
            .Number("Outlier mass", m => outliers[(m.Layer, m.Class)].Mass, "0.0%")) with
        {
            Caption = $"Share of attention by token class and layer, with 95 % bootstrap intervals over {statistics.Sequences} texts, and the share expected from the positions alone.",
        };
    }

    /// <summary>The heads that look most at non-semantic tokens, against what positions explain.</summary>
    /// <param name="mass">What these tokens receive.</param>
    /// <param name="most">Rows at most.</param>
    /// <returns>One row per head, the greatest share first.</returns>
    public static Table HeadTable(NonSemanticMass mass, int most = 10) => Table.From(
        (from layer in Enumerable.Range(0, mass.Heads.Mass.GetLength(0))
         from head in Enumerable.Range(0, mass.Heads.Mass.GetLength(1))
         orderby mass.Heads.Mass[layer, head] descending
         select (Layer: layer, Head: head)).Take(most),
        c => c
            .Integer("Layer", at => at.Layer)
            .Integer("Head", at => at.Head)
            .Estimate("Mass", at => mass.Heads.Mass[at.Layer, at.Head], at => mass.Heads.Low?[at.Layer, at.Head], at => mass.Heads.High?[at.Layer, at.Head], "0.0%")
            .Number("Expected", _ => mass.Expected, "0.0%")
            .Number("Lift", at => mass.Heads.Mass[at.Layer, at.Head] / mass.Expected, "0.00")) with
    {
        Caption = "Heads with the greatest share of attention on non-semantic tokens, with 95 % bootstrap intervals over texts, and the share expected from the positions alone.",
    };

    /// <summary>Attention mass of each token class, one bar per layer.</summary>
    /// <param name="statistics">The numbers.</param>
    /// <returns>The figure.</returns>
    public static BarFigure ClassFigure(AttentionStatistics statistics)
    {
        var classes = statistics.ClassMasses.Select(mass => mass.Class).Distinct().ToList();
        var layers = statistics.ClassMasses.GroupBy(mass => mass.Layer).Select(layer =>
        {
            var masses = classes.ConvertAll(kind => layer.First(mass => mass.Class == kind));
            return new BarSeries($"layer {layer.Key}", [.. masses.Select(mass => mass.Mass)]) { Low = [.. masses.Select(mass => mass.Low ?? mass.Mass)], High = [.. masses.Select(mass => mass.High ?? mass.Mass)] };
        });
        return AttentionFigures.MassByTokenClass(classes.Select(kind => kind.Name()), layers, "share of attention");
    }

    /// <summary>Attention mass of the token classes, stacked: one bar per layer.</summary>
    /// <param name="statistics">The numbers.</param>
    /// <returns>The figure.</returns>
    public static BarFigure LayerFigure(AttentionStatistics statistics) => AttentionFigures.TokenClassesByLayer(
        statistics.ClassMasses.Max(mass => mass.Layer) + 1,
        statistics.ClassMasses.GroupBy(mass => mass.Class).Select(kind => new BarSeries(kind.Key.Name(), [.. kind.OrderBy(mass => mass.Layer).Select(mass => mass.Mass)])));
}
