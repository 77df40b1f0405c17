using System.Text;
using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class SafeTensorsTests
{
    public static TheoryData<ScalarType> Types => [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64, ScalarType.Int64, ScalarType.Bool];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_dtype_survives_a_round_trip(ScalarType type)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var value = (arange(-6, 6, ScalarType.Float32) / 4).reshape(3, 4).to(type);
        using (var stream = File.Create(folder.File("x.safetensors")))
        {
            SafeTensors.Write(stream, [("turned", value.t()), ("empty", zeros([0, 2])), ("plain", value), ("scalar", value[0, 0])], new Dictionary<string, string> { ["note"] = "ü" });
        }

        var file = SafeTensorsFile.Open(folder.File("x.safetensors"));
        Assert.Equal(["turned", "empty", "plain", "scalar"], file.Names);
        Assert.Equal(type, file.Dtype("plain"));
        Assert.Equal([4L, 3L], file.Shape("turned"));
        Assert.True(file.Read("plain").eq(value).all().item<bool>());
        Assert.True(file.Read("turned").eq(value.t()).all().item<bool>());
        Assert.Empty(file.Shape("scalar"));
        Assert.Equal(0, file.Read("empty").numel());
    }

    public static TheoryData<string, string> BrokenHeaders => new()
    {
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4000]}}""", "cut off" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "impossible offsets" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "impossible offsets" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "needs 12" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", "needs" },
        { """{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "F8_E4M3" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'a' and 'b' overlap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[2,6]},"b":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}""", "'b' and 'a' overlap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "bytes 0 to 4 before tensor 'a'" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes behind its last tensor" },
        { """{"a":{"dtype":"F32","shape":[2]}}""", "header is not valid" },
        { """{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "header is not valid" },
        { """{"a":7}""", "header is not valid" },
        { """[1,2]""", "header is not valid" },
        { """{"a":""", "header is not valid" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "header is not valid" },
    };

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void A_wrong_header_is_one_clear_error(string header, string says)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.safetensors"), -2, header);
        var error = Assert.Throws<ExperimentException>(() => SafeTensorsFile.Open(folder.File("x.safetensors")));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("x.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1L << 40)]
    [InlineData(-1L)]
    [InlineData(0L)]
    public void A_header_length_outside_the_file_is_one_clear_error(long length)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.safetensors"), length, "{}");
        Assert.Throws<ExperimentException>(() => SafeTensorsFile.Open(folder.File("x.safetensors")));
    }

    [Fact]
    public void A_stump_and_a_missing_file_are_clear_errors()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.safetensors"), [1, 2, 3]);
        Assert.Throws<ExperimentException>(() => SafeTensorsFile.Open(folder.File("x.safetensors")));
        Assert.Throws<ExperimentException>(() => SafeTensorsFile.Open(folder.File("none.safetensors")));
    }

    [Fact]
    public void An_unknown_tensor_name_is_answered_with_what_is_there()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.safetensors"), -2, """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""");
        var file = SafeTensorsFile.Open(folder.File("x.safetensors"));
        foreach (Action ask in new Action[] { () => file.Read("b"), () => file.Shape("b"), () => file.Dtype("b") })
        {
            Assert.Contains("no tensor 'b'", Assert.Throws<ExperimentException>(ask).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Writes eight bytes of data behind a header; -2 gives the header's true length.</summary>
    private static void Write(string path, long length, string header)
    {
        var json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(length == -2 ? json.Length : length), .. json, .. new byte[8]]);
    }
}
