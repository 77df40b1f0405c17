namespace Experiments.Cli; internal static class Program { private static int Main() { System.Console.WriteLine(TorchSharp.torch.rand(2).ToString(TorchSharp.TensorStringStyle.Numpy)); return 0; } }
