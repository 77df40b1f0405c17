using System.Reflection;
using System.Runtime.InteropServices;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>The native torch behind the library: versions, devices and dtypes.</summary>
public static class Backend
{
    /// <summary>Versions of what computes, for run manifests.</summary>
    public static IReadOnlyDictionary<string, string> Versions { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["TorchSharp"] = typeof(TorchSharp.torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown",
        ["libtorch"] = TorchSharp.torch.__version__,
        ["processor"] = RuntimeInformation.ProcessArchitecture.ToString(),
    };

    /// <summary>Reads a device name.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</param>
    /// <returns>The device.</returns>
    /// <exception cref="ExperimentException">The name is unknown or the device is not there.</exception>
    public static Device DeviceOf(string name)
    {
        if (name == "cpu")
        {
            return CPU;
        }

        if (!(name == "cuda" || (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out _))))
        {
            throw new ExperimentException($"Unknown device '{name}'. Use cpu, cuda or cuda:0.");
        }

        return cuda.is_available()
            ? new Device(name)
            : throw new ExperimentException($"Device '{name}' is not available: this build carries the CPU back end, or there is no driver. Build with -p:TorchBackend=cuda-linux or cuda-windows (README, \"GPU\"), or use --device cpu.");
    }

    /// <summary>Reads a dtype name.</summary>
    /// <param name="name"><c>float32</c>, <c>bfloat16</c>, <c>float16</c> or <c>float64</c>.</param>
    /// <returns>The dtype.</returns>
    /// <exception cref="ExperimentException">The name is unknown.</exception>
    public static ScalarType DtypeOf(string name) => name switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        "float64" => ScalarType.Float64,
        _ => throw new ExperimentException($"Unknown dtype '{name}'. Use float32, bfloat16, float16 or float64."),
    };
}
