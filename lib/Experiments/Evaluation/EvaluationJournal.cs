using System.Text;
using System.Text.Json;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>The results of an evaluation so far: one JSON line each, on disk as soon as they are known, so that a killed evaluation goes on where it was.</summary>
public sealed class EvaluationJournal : IDisposable
{
    private readonly FileStream _stream;
    private readonly Dictionary<string, ItemResult> _known = new(StringComparer.Ordinal);

    private EvaluationJournal(FileStream stream) => _stream = stream;

    /// <summary>When the evaluation began, whichever process that was: files named after it are written again under the same name by one that goes on.</summary>
    public DateTimeOffset Started { get; private set; }

    /// <summary>The results that are on disk, by item id.</summary>
    public IReadOnlyDictionary<string, ItemResult> Known => _known;

    /// <summary>Opens a journal, or begins one. A last line that was not written to its end is dropped.</summary>
    /// <param name="path">The file; nobody else can open it meanwhile.</param>
    /// <returns>The journal.</returns>
    /// <exception cref="ExperimentException">The file is in use, damaged, or cannot be written.</exception>
    public static EvaluationJournal Open(string path)
    {
        var journal = new EvaluationJournal(DiskErrors.Explain("Cannot open", path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }));
        try
        {
            DiskErrors.Explain("Cannot read", path, () => journal.Load(path));
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Appends results, and waits until they are on disk.</summary>
    /// <param name="results">Results of items that are not known yet.</param>
    /// <exception cref="ExperimentException">The disk is full.</exception>
    public void Add(IReadOnlyCollection<ItemResult> results)
    {
        Append(results);
        foreach (var result in results)
        {
            _known.Add(result.Id, result);
        }
    }

    /// <summary>Deletes the file: the evaluation is complete, and its results are elsewhere.</summary>
    public void Delete() => File.Delete(_stream.Name);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void Load(string path)
    {
        var bytes = new byte[_stream.Length];
        _stream.ReadExactly(bytes);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        foreach (var (index, line) in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries).Index())
        {
            try
            {
                if (index == 0)
                {
                    Started = JsonSerializer.Deserialize<Header>(line, RunJson.Compact)!.Started;
                    continue;
                }

                var result = JsonSerializer.Deserialize<ItemResult>(line, RunJson.Compact)!;
                _known.Add(result.Id, result);
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                throw new ExperimentException($"'{path}', line {index + 1}, is damaged. Delete the file to begin again.", e);
            }
        }

        _stream.SetLength(whole);
        _stream.Seek(0, SeekOrigin.End);
        if (whole == 0)
        {
            Started = DateTimeOffset.UtcNow;
            Append([new Header { Started = Started }]);
        }
    }

    private void Append<T>(IEnumerable<T> values)
    {
        var lines = string.Concat(values.Select(value => JsonSerializer.Serialize(value, RunJson.Compact) + "\n"));
        DiskErrors.Explain("Cannot write", _stream.Name, () =>
        {
            _stream.Write(Encoding.UTF8.GetBytes(lines));
            _stream.Flush(flushToDisk: true);
        });
    }

    /// <summary>The first line.</summary>
    private sealed record Header
    {
        public required DateTimeOffset Started { get; init; }
    }
}
