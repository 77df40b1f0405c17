using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Experiments.Data.Benchmarks;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Data;

public sealed class FetcherTests : IDisposable
{
    private const string Archive = "piqa-train-dev.zip";

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly FileServer _server;

    public FetcherTests()
    {
        _folder.Write("made/piqa-train-dev/dev.jsonl", """{"goal": "To boil water,", "sol1": "heat it.", "sol2": "freeze it."}""" + "\n");
        _folder.Write("made/piqa-train-dev/dev-labels.lst", "0\n");
        _folder.Write("made/piqa-train-dev/noise.bin", Convert.ToBase64String(RandomNumberGenerator.GetBytes(600_000)));
        ZipFile.CreateFromDirectory(_folder.File("made"), _folder.File(Archive));
        _server = new FileServer(File.ReadAllBytes(_folder.File(Archive)));
    }

    private PublishedSet Set => new("piqa", new Uri(_server.Address, Archive), Convert.ToHexStringLower(SHA256.HashData(_server.Content)), "MIT", "piqa-train-dev/dev.jsonl");

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_download_that_breaks_off_goes_on_where_it_stopped()
    {
        _server.BreakAfter = 200_000;
        var told = new List<(long Here, long? All)>();
        var path = await Fetcher.DownloadAsync(Set, _folder.File("data"), _client, (here, all) => told.Add((here, all)), TestContext.Current.CancellationToken);
        Assert.Equal("heat it.", Assert.Single(QuestionSets.Load("piqa", path).Questions).Options[0]);
        Assert.Equal(2, _server.Starts.Count);
        Assert.Equal(0, _server.Starts[0]);
        Assert.InRange(_server.Starts[1], 1, 200_000);
        Assert.Equal((_server.Content.Length, _server.Content.Length), told[^1]);
        Assert.Equal(["piqa"], Directory.GetFileSystemEntries(_folder.File("data")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_an_interrupted_call_left_is_not_loaded_again()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Fetcher.DownloadAsync(Set, _folder.File("data"), _client, (_, _) => stop.Cancel(), stop.Token));
        Assert.True(File.Exists(_folder.File($"data/{Archive}.part")));
        Assert.True(File.Exists(await Fetcher.DownloadAsync(Set, _folder.File("data"), _client, cancellation: TestContext.Current.CancellationToken)));
        Assert.True(_server.Starts[^1] > 0);
    }

    [Fact]
    public async Task Another_file_than_the_published_one_is_refused_and_what_was_there_stays()
    {
        var path = await Fetcher.DownloadAsync(Set, _folder.File("data"), _client, cancellation: TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<ExperimentException>(() => Fetcher.DownloadAsync(Set with { Sha256 = new string('0', 64) }, _folder.File("data"), _client, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("expected 0000", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
        Assert.False(File.Exists(_folder.File($"data/{Archive}.part")));
    }

    [Fact]
    public async Task A_server_that_does_not_have_the_file_is_a_clear_error()
    {
        var error = await Assert.ThrowsAsync<ExperimentException>(() => Fetcher.DownloadAsync(Set with { Source = new Uri(_server.Address, "nothing") }, _folder.File("data"), _client, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("404", error.Message, StringComparison.Ordinal);
        Assert.Contains("--from", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Local_files_are_taken_packed_and_unpacked()
    {
        Assert.True(File.Exists(Fetcher.TakeFrom(Set, _folder.Path, _folder.File("packed"))));
        Assert.True(File.Exists(_folder.File(Archive)));
        Assert.True(File.Exists(Fetcher.TakeFrom(Set, _folder.File("made"), _folder.File("unpacked"))));
        Assert.Contains("holds neither", Assert.Throws<ExperimentException>(() => Fetcher.TakeFrom(Set, _folder.File("packed"), _folder.File("x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_sets_are_known_by_name()
    {
        Assert.Equal("social-iqa", PublishedSet.Find("siqa").Name);
        Assert.All(PublishedSet.All, set => Assert.Equal(64, set.Sha256.Length));
        Assert.Contains("Known: mmlu, piqa, social-iqa", Assert.Throws<ExperimentException>(() => PublishedSet.Find("arc")).Message, StringComparison.Ordinal);
    }

    /// <summary>Serves one file with ranges; the first answer can break off.</summary>
    private sealed class FileServer : IDisposable
    {
        private readonly HttpListener _listener = new();

        internal FileServer(byte[] content)
        {
            Content = content;
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
            }

            _listener.Prefixes.Add(Address.ToString());
            _listener.Start();
            _ = ServeAsync();
        }

        internal byte[] Content { get; }

        internal Uri Address { get; }

        internal int? BreakAfter { get; set; }

        internal List<int> Starts { get; } = [];

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                try
                {
                    await AnswerAsync(context);
                }
                catch (HttpListenerException)
                {
                    // the client went away
                }
            }
        }

        private async Task AnswerAsync(HttpListenerContext context)
        {
            var response = context.Response;
            if (!context.Request.Url!.AbsolutePath.EndsWith(Archive, StringComparison.Ordinal))
            {
                response.StatusCode = 404;
                response.Close();
                return;
            }

            var start = context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture) : 0;
            Starts.Add(start);
            response.StatusCode = start > 0 ? 206 : 200;
            response.ContentLength64 = Content.Length - start;
            var end = BreakAfter is { } count ? start + count : Content.Length;
            BreakAfter = null;
            await response.OutputStream.WriteAsync(Content.AsMemory(start, end - start));
            if (end < Content.Length)
            {
                await response.OutputStream.FlushAsync();
                response.Abort();
            }
            else
            {
                response.Close();
            }
        }
    }
}
