using System.Runtime.CompilerServices;

namespace Experiments.Tests;

/// <summary>Test classes already run side by side; one torch thread each is fastest and steadiest.</summary>
internal static class TorchThreads
{
    [ModuleInitializer]
    internal static void UseOne() => TorchSharp.torch.set_num_threads(1);
}
