using System.Globalization;
using Experiments.Runs;

namespace Experiments.Tests.Runs;

public sealed class FileTests : IDisposable
{
    private const int DiskFull = 28; // ENOSPC

    private readonly string _folder = Directory.CreateTempSubdirectory("experiments-").FullName;

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_no_other()
    {
        var path = Path.Combine(_folder, "metrics.json");
        AtomicFile.WriteAllText(path, "old");
        var error = Assert.Throws<ExperimentException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("No space left on device", DiskFull);
        }));
        Assert.Contains("disk is full", error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Any_other_error_passes_through_and_leaves_the_old_file()
    {
        var path = Path.Combine(_folder, "metrics.json");
        AtomicFile.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, _ => throw new InvalidOperationException()));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Equal_configs_have_equal_hashes_whatever_the_order_of_keys()
    {
        Assert.Equal(ContentHash.Of(new { A = 1, B = new { C = 0.5, D = "x" } }), ContentHash.Of(new { B = new { D = "x", C = 0.5 }, A = 1 }));
        Assert.NotEqual(ContentHash.Of(new { A = 1 }), ContentHash.Of(new { A = 2 }));
        Assert.NotEqual(ContentHash.Of(new { A = new[] { 1, 2 } }), ContentHash.Of(new { A = new[] { 2, 1 } }));
    }

    [Fact]
    public void The_hash_does_not_depend_on_the_culture()
    {
        var expected = ContentHash.Of(new { Alpha = 0.25 });
        using var comma = new CommaCulture();
        Assert.Equal("0,25", 0.25.ToString(CultureInfo.CurrentCulture));
        Assert.Equal(expected, ContentHash.Of(new { Alpha = 0.25 }));
    }

    [Fact]
    public void A_folder_hash_sees_names_and_contents_but_not_hidden_files()
    {
        File.WriteAllText(Path.Combine(_folder, "a"), "1");
        var hash = ContentHash.OfFolder(_folder);
        File.WriteAllText(Path.Combine(_folder, ".hidden"), "1");
        Assert.Equal(hash, ContentHash.OfFolder(_folder));
        File.Move(Path.Combine(_folder, "a"), Path.Combine(_folder, "b"));
        Assert.NotEqual(hash, ContentHash.OfFolder(_folder));
    }

    [Fact]
    public void A_missing_file_gives_an_error_that_names_it()
    {
        var path = Path.Combine(_folder, "missing.safetensors");
        Assert.Contains(path, Assert.Throws<ExperimentException>(() => ContentHash.OfFile(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
