using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;
using static TorchSharp.torch;

namespace Experiments.Cli;

internal static class Program
{
    private static int Main(string[] args)
    {
        set_num_threads(2);
        if (args[0] == "eval")
        {
            using var loaded = LoadedModel.Open(args[1]);
            Evaluate(loaded, int.Parse(args[2]));
            return 0;
        }
        var workspace = Workspace.Open(output: args[1]);
        var o = new PretrainOptions();
        if (args.Length > 2) o = o with { Training = o.Training with { Steps = int.Parse(args[2]) } };
        var run = PretrainStudy.Run(workspace, o, new ProgressLines(lines: 100));
        Console.WriteLine(run.Folder);
        return 0;
    }

    private static void Evaluate(LoadedModel loaded, int n)
    {
        var items = ClosedWorldDataset.Generate(DatasetSplit.Validation, n, 1);
        foreach (var worked in new[] { false, true })
        {
            var template = PromptTemplates.Find(worked ? "compact-cot" : "compact-direct");
            var prompts = items.Select(q => loaded.Tokenizer.Encode(template.Render(q))).ToList();
            var replies = TextGenerator.Generate(loaded.Model, prompts, new GenerationOptions { MaxNewTokens = worked ? 128 : 2, BatchSize = 96 });
            var right = items.Zip(replies, (q, r) => (q.Category, Right: loaded.Tokenizer.Decode(r.Ids).Contains((worked ? "Response: " : "") + q.Letter))).ToList();
            Console.WriteLine($"  {(worked ? "cot   " : "direct")} {100.0 * right.Count(r => r.Right) / right.Count:F1} : " + string.Join(" ", right.GroupBy(r => r.Category).Select(g => $"{g.Key} {100.0 * g.Count(r => r.Right) / g.Count():F0}")) + $" mean tokens {replies.Average(r => r.Ids.Count)} ended {replies.Count(r => r.Ended)}");
            if (worked) { for (int i = 0; i < 40; i++) if (!right[i].Right) Console.WriteLine("    " + items[i].Question + " | " + string.Join("/", items[i].Options) + " || " + loaded.Tokenizer.Decode(replies[i].Ids).Replace("\n", "\\n") + " || " + items[i].Analysis); }
        }
    }
}
