using System.Text;

namespace Experiments.Runs;

/// <summary>
/// Writes a file whole or not at all: the bytes go to a temporary sibling that is renamed when it is complete, so a reader never
/// sees half a file and a failure leaves what was there before.
/// </summary>
public static class AtomicFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Replaces <paramref name="path"/> by what <paramref name="write"/> puts into the stream.</summary>
    /// <param name="path">The file; its folder is created when it is missing.</param>
    /// <param name="write">Writes the content; when it throws, the old file stays.</param>
    /// <exception cref="ExperimentException">The folder is not writable or the disk is full.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var target = Path.GetFullPath(path);
        DiskErrors.Explain("Cannot write", target, () => WriteAndRename(target, write));
    }

    /// <summary>Replaces <paramref name="path"/> by <paramref name="text"/> as UTF-8 without a byte order mark.</summary>
    /// <exception cref="ExperimentException">The folder is not writable or the disk is full.</exception>
    public static void WriteAllText(string path, string text) => Write(path, stream => stream.Write(Utf8.GetBytes(text)));

    /// <summary>Deletes what killed processes left of files that they were writing.</summary>
    /// <param name="folder">The files' folder; it need not exist.</param>
    /// <param name="pattern">Names of the files, with <c>*</c> and <c>?</c>.</param>
    /// <exception cref="ExperimentException">The folder is not writable.</exception>
    public static void DeleteUnfinished(string folder, string pattern)
    {
        if (Directory.Exists(folder))
        {
            DiskErrors.Explain("Cannot write", folder, () => Array.ForEach(Directory.GetFiles(folder, TemporaryName(pattern, "*")), File.Delete));
        }
    }

    private static string TemporaryName(string name, string distinction) => $".{name}.{distinction}.tmp";

    private static void WriteAndRename(string target, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, TemporaryName(Path.GetFileName(target), Path.GetRandomFileName()));
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
