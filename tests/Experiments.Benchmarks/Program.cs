using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

// dotnet run -c Release --project tests/Experiments.Benchmarks -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Experiments.Benchmarks.ForwardBenchmarks).Assembly).Run(args, DefaultConfig.Instance);
