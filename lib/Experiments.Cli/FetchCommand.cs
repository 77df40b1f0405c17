using System.CommandLine;
using Experiments.Data.Benchmarks;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class FetchCommand
{
    internal static Command Create()
    {
        var name = new Argument<string>("set") { Description = string.Join(", ", PublishedSet.All.Select(set => set.Name)) };
        var to = new Option<string>("--to") { Description = "Folder of fetched sets", HelpName = "DIR", DefaultValueFactory = _ => PublishedSet.DefaultFolder };
        var from = new Option<string?>("--from") { Description = "Take the archive, or what it unpacks to, from this folder, and download nothing", HelpName = "DIR" };
        var command = new Command("fetch", """
            Download a published benchmark, check it, and unpack it where 'experiments evaluate --task' finds it. An interrupted download goes on where it
            stopped.

            Examples:
              experiments fetch mmlu
              experiments evaluate --model ~/models/llama --task mmlu --template harness-mmlu --method LogLikelihood
              experiments fetch piqa --from ~/Downloads
            """) { name, to, from };
        command.SetAction(async (parsed, cancellation) =>
        {
            var set = PublishedSet.Find(parsed.GetValue(name)!);
            var folder = Path.GetFullPath(parsed.GetValue(to)!);
            Console.Error.WriteLine($"{set.Name}: {set.Source}. Licence: {set.Licence}. By using the data you accept it.");
            var path = parsed.GetValue(from) is { } local ? Fetcher.TakeFrom(set, local, folder) : await DownloadAsync(set, folder, cancellation);
            var questions = QuestionSets.Load(set.Name, path);
            Console.WriteLine(FormattableString.Invariant($"{path}: {questions.Questions.Count:N0} questions in {questions.Available.Count} {(questions.Available.Count == 1 ? "category" : "categories")}"));
            return 0;
        });
        return command;
    }

    private static async Task<string> DownloadAsync(PublishedSet set, string folder, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var progress = new TerminalProgress();
        return await Fetcher.DownloadAsync(set, folder, client, (bytes, whole) => progress.Report(new StudyProgress($"{set.Archive}, kB", (int)(bytes >> 10), (int)((whole ?? bytes) >> 10))), cancellation);
    }
}
