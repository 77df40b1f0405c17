using System.CommandLine;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Cli;

internal static class GenerateCommand
{
    internal static Command Create()
    {
        var command = new Command("generate", """
            Continue a prompt, greedily unless a temperature is given. Text is shown as it comes.

            Examples:
              experiments generate --prompt "Ann likes what Bob likes. Bob likes tea. What does Ann like?"
              experiments generate --model ~/models/llama --tokens 1,403,407 --max-new-tokens 50 --ignore-eos --json
              experiments generate --prompt-file question.txt --preset released-code --alpha 0.5
              experiments generate --prompt-file question.txt --intervention softmax-temperature:tau=1.5 --intervention sink-down-weighting:beta=0.2
            """);
        var model = new ModelArguments(command);
        var prompt = new PromptArguments(command);
        var length = new Option<int>("--max-new-tokens") { Description = "Longest reply", DefaultValueFactory = _ => 128 };
        var ignoreEos = new Option<bool>("--ignore-eos") { Description = "Go on past the end-of-sequence token" };
        var temperature = new Option<double>("--temperature") { Description = "Above 0: sample" };
        var topK = new Option<int>("--top-k") { Description = "Sample among the k likeliest; 0 for all" };
        var topP = new Option<double>("--top-p") { Description = "Sample among the likeliest that reach p together", DefaultValueFactory = _ => 1 };
        foreach (var option in new Option[] { length, ignoreEos, temperature, topK, topP })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) =>
        {
            using var loaded = model.Load(parsed);
            var ids = prompt.Ids(parsed, loaded);
            using var hook = model.Hook(parsed, loaded.Model);
            var options = new GenerationOptions
            {
                MaxNewTokens = parsed.GetValue(length),
                IgnoreEos = parsed.GetValue(ignoreEos),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                Seed = model.Seed(parsed),
            };
            var decoder = loaded.HasTokenizer && !model.Json(parsed) ? loaded.Tokenizer.Stream(ids) : null;
            var reply = TextGenerator.Generate(loaded.Model, [ids], options, hook, cancellation: cancellation, chosen: (_, id) => Console.Write(decoder?.Add(id)))[0];
            Console.WriteLine(model.Json(parsed)
                ? RunJson.Document(new { reply.Ids, Text = loaded.HasTokenizer ? loaded.Tokenizer.DecodeContinuation(ids, reply.Ids) : "" }).TrimEnd()
                : decoder?.Flush() ?? string.Join(",", reply.Ids));
            return Task.FromResult(0);
        });
        return command;
    }
}
