using System.CommandLine;
using System.Runtime.InteropServices;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;
using static TorchSharp.torch;

namespace Experiments.Cli;

internal static class DoctorCommand
{
    internal static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("doctor", """
            Say what is installed, which back end loads, and whether the embedded model answers.

            Examples:
              experiments doctor
              experiments doctor --json
            """) { json };
        command.SetAction(parsed =>
        {
            var facts = new Dictionary<string, string>
            {
                ["system"] = RuntimeInformation.OSDescription,
                [".NET"] = RuntimeInformation.FrameworkDescription,
                ["processors"] = $"{Environment.ProcessorCount}",
                ["memory"] = $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB",
            };
            var healthy = true;
            try
            {
                foreach (var (name, version) in Backend.Versions)
                {
                    facts[name] = version;
                }

                facts["torch threads"] = $"{get_num_threads()}";
                facts["back end"] = cuda.is_available() ? $"CUDA, {cuda.device_count()} device(s)" : "CPU";
                using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
                var reply = TextGenerator.Generate(loaded.Model, [loaded.Tokenizer.Encode("Ann likes tea.")], new GenerationOptions { MaxNewTokens = 1 });
                facts["embedded model"] = $"{loaded.Model.Config.ParameterCount:N0} parameters, {(reply.Count == 1 ? "answers" : "does not answer")}";
            }
            catch (Exception e) when (e is ExperimentException or DllNotFoundException or TypeInitializationException or NotSupportedException)
            {
                healthy = false;
                facts["problem"] = (e.InnerException ?? e).Message + " Build again; on another processor or system see README, \"GPU\" and \"Troubleshooting\".";
            }

            Console.WriteLine(parsed.GetValue(json) ? RunJson.Document(facts).TrimEnd() : string.Join('\n', facts.Select(fact => $"{fact.Key,-15} {fact.Value}")));
            return healthy ? 0 : 1;
        });
        return command;
    }
}
