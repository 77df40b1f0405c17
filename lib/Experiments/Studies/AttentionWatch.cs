using Experiments.Interpretability;
using Experiments.Runs;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>Measures attention on the same few texts again and again while a model is trained, so that one sees when outliers appear.</summary>
internal sealed class AttentionWatch
{
    /// <summary>Name of the rows' file, in the run and in unfinished work.</summary>
    internal const string FileName = "attention-by-step.jsonl";

    private const int MostTexts = 16;

    private readonly LoadedModel _loaded;
    private readonly int _every;
    private readonly int _last;
    private readonly int[][] _texts;
    private readonly string? _file;
    private readonly List<AttentionAtStep> _rows = [];

    /// <summary>Goes on with what an earlier process measured, or measures the model as it is: step 0.</summary>
    /// <param name="loaded">The model that is trained.</param>
    /// <param name="validation">Sequences of which some, evenly spaced, are the texts.</param>
    /// <param name="options">Settings.</param>
    /// <param name="unfinished">Folder in which rows survive a stop; null for none.</param>
    /// <exception cref="ExperimentException">There is no validation sequence.</exception>
    internal AttentionWatch(LoadedModel loaded, IReadOnlyList<TrainingExample> validation, FineTuneOptions options, string? unfinished)
    {
        if (validation.Count == 0)
        {
            throw new ExperimentException("Attention is measured on validation texts, and there are none. Name a file for validation, or set AttentionEvery to 0.");
        }

        (_loaded, _every, _last) = (loaded, options.AttentionEvery, options.Training.Steps);
        var count = Math.Min(MostTexts, validation.Count);
        _texts = [.. Enumerable.Range(0, count).Select(i => validation[i * validation.Count / count].Ids).Select(ids => ids[..Math.Min(ids.Length, loaded.Model.Config.ContextLength)])];
        _file = unfinished is null ? null : Path.Combine(unfinished, FileName);
        if (_file is not null && File.Exists(_file))
        {
            _rows.AddRange(File.ReadLines(_file).Select(line => System.Text.Json.JsonSerializer.Deserialize<AttentionAtStep>(line, RunJson.Compact)!));
        }

        if (_rows.Count == 0)
        {
            Measure(0);
        }
    }

    /// <summary>One row per measured step and layer, in order.</summary>
    internal IReadOnlyList<AttentionAtStep> Rows => _rows;

    /// <summary>Measures behind a step, where it is due.</summary>
    internal void After(TrainingStep step)
    {
        if (step.Step % _every == 0 || step.Step == _last)
        {
            Measure(step.Step);
        }
    }

    private void Measure(int step)
    {
        var training = _loaded.Model.training;
        _loaded.Model.eval();
        try
        {
            _rows.RemoveAll(row => row.Step >= step); // of an earlier process, beyond the checkpoint that this one began at
            _rows.AddRange(AttentionAtStep.Of(step, AttentionStudy.Run(_loaded.Model, _texts, _loaded.Tokenizer.Piece, options: new AttentionStudyOptions { Resamples = 1 }))); // no interval is shown
        }
        finally
        {
            _loaded.Model.train(training);
        }

        if (_file is not null)
        {
            AtomicFile.WriteAllText(_file, string.Concat(_rows.Select(row => System.Text.Json.JsonSerializer.Serialize(row, RunJson.Compact) + "\n")));
        }
    }
}
