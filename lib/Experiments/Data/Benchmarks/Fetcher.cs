using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Experiments.Runs;
using Microsoft.VisualBasic.FileIO;

namespace Experiments.Data.Benchmarks;

/// <summary>Brings published sets onto this machine. What is there is whole: archives are checked, and unpacked beside their place first.</summary>
public static class Fetcher
{
    private const int Retries = 3;

    /// <summary>Downloads and unpacks a set. An interrupted download goes on where it stopped.</summary>
    /// <param name="set">The set.</param>
    /// <param name="folder">Folder of fetched sets; the set gets a folder of its own in it.</param>
    /// <param name="client">Sends the requests.</param>
    /// <param name="progress">Told of the bytes that are here, and of all, where the server tells.</param>
    /// <param name="cancellation">Stops; what has come stays for the next time.</param>
    /// <returns>Path of the questions.</returns>
    /// <exception cref="ExperimentException">The server refuses, the checksum is wrong, or the folder is not writable.</exception>
    public static async Task<string> DownloadAsync(PublishedSet set, string folder, HttpClient client, Action<long, long?>? progress = null, CancellationToken cancellation = default)
    {
        DiskErrors.Explain("Cannot write", folder, () => Directory.CreateDirectory(folder));
        var partial = Path.Combine(folder, set.Archive + ".part");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ContinueAsync(set.Source, partial, client, progress, cancellation).ConfigureAwait(false);
                break;
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException && attempt < Retries)
            {
                await Task.Delay(TimeSpan.FromSeconds(attempt), cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new ExperimentException($"Cannot fetch {set.Source}: {e.Message.TrimEnd('.')}. Try again, it goes on where it stopped; or bring the file by other means and use --from.", e);
            }
        }

        return Unpack(set, partial, folder, delete: true);
    }

    /// <summary>Takes a set from files that are here already.</summary>
    /// <param name="set">The set.</param>
    /// <param name="from">A folder with the archive, or with what it unpacks to.</param>
    /// <param name="folder">Folder of fetched sets.</param>
    /// <returns>Path of the questions.</returns>
    /// <exception cref="ExperimentException">Neither is there, the checksum is wrong, or the folder is not writable.</exception>
    public static string TakeFrom(PublishedSet set, string from, string folder)
    {
        var archive = Path.Combine(from, set.Archive);
        return File.Exists(archive) ? Unpack(set, archive, folder, delete: false)
            : Path.Exists(Path.Combine(from, set.Questions)) ? Place(set, folder, unpacked => FileSystem.CopyDirectory(from, unpacked))
            : throw new ExperimentException($"'{from}' holds neither {set.Archive}, as {set.Source} serves it, nor {set.Questions}, as it unpacks. Other files need no fetching: give them to 'experiments evaluate' with --data.");
    }

    private static async Task ContinueAsync(Uri source, string partial, HttpClient client, Action<long, long?>? progress, CancellationToken cancellation)
    {
        await using var file = DiskErrors.Explain("Cannot write", partial, () => new FileStream(partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        request.Headers.Range = file.Length > 0 ? new RangeHeaderValue(file.Length, null) : null;
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return; // all of it is here: the checksum tells
        }

        response.EnsureSuccessStatusCode();
        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            file.SetLength(0); // the server sends everything anew
        }

        file.Seek(0, SeekOrigin.End);
        var whole = response.Content.Headers.ContentLength + file.Length;
        await using var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var read)
        {
            await file.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
            progress?.Invoke(file.Length, whole);
        }
    }

    private static string Unpack(PublishedSet set, string archive, string folder, bool delete)
    {
        var hash = DiskErrors.Explain("Cannot read", archive, () =>
        {
            using var stream = File.OpenRead(archive);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        });
        if (hash != set.Sha256)
        {
            if (delete)
            {
                File.Delete(archive);
            }

            throw new ExperimentException($"{set.Archive} has the SHA-256 {hash}; expected {set.Sha256}. {(delete ? "It is deleted: fetch it again. If that does not help, the authors changed it" : "It is another file, or damaged")}.");
        }

        var questions = Place(set, folder, unpacked =>
        {
            if (Path.GetExtension(set.Archive) == ".tar")
            {
                TarFile.ExtractToDirectory(archive, unpacked, overwriteFiles: false);
            }
            else
            {
                ZipFile.ExtractToDirectory(archive, unpacked);
            }
        });
        if (delete)
        {
            File.Delete(archive);
        }

        return questions;
    }

    /// <summary>Fills a folder beside the set's place, and then moves it there.</summary>
    private static string Place(PublishedSet set, string folder, Action<string> fill)
    {
        var (target, unfinished) = (Path.Combine(folder, set.Name), Path.Combine(folder, $".{set.Name}.{Path.GetRandomFileName()}.partial"));
        try
        {
            DiskErrors.Explain("Cannot write", target, () =>
            {
                Directory.CreateDirectory(unfinished);
                fill(unfinished);
                if (Directory.Exists(target))
                {
                    Directory.Delete(target, recursive: true);
                }

                Directory.Move(unfinished, target);
            });
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }

        return set.QuestionsIn(folder);
    }
}
