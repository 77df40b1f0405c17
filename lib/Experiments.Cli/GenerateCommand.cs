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
        var minP = new Option<double>("--min-p") { Description = "Sample among tokens at least as likely as this share of the likeliest" };
        var penalty = new Option<double>("--repetition-penalty") { Description = "Above 1: makes tokens of the prompt and the reply less likely", DefaultValueFactory = _ => 1 };
        var stops = new Option<string[]>("--stop") { Description = "Text at which the reply ends, and which is not shown; may be given several times", HelpName = "TEXT", DefaultValueFactory = _ => [] };
        var budget = new Option<int?>("--cache-budget") { Description = "Go on beyond the context with so many tokens in the cache: the first --sink-tokens and the newest (StreamingLLM)", HelpName = "TOKENS" };
        var sinks = new Option<int>("--sink-tokens") { Description = "First tokens that never leave the cache", DefaultValueFactory = _ => new GenerationOptions().SinkTokens };
        foreach (var option in new Option[] { length, ignoreEos, temperature, topK, topP, minP, penalty, stops, budget, sinks })
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
                MinP = parsed.GetValue(minP),
                RepetitionPenalty = parsed.GetValue(penalty),
                CacheBudget = parsed.GetValue(budget),
                SinkTokens = parsed.GetValue(sinks),
                AllowLongContext = prompt.AllowsLongContext(parsed),
                Seed = model.Seed(parsed),
            };
            var stop = parsed.GetValue(stops) is { Length: > 0 } texts ? new StopStrings(loaded.Tokenizer, texts) : null;
            var decoder = loaded.HasTokenizer && stop is null && !model.Json(parsed) ? loaded.Tokenizer.Stream(ids) : null; // before a stop string is whole it cannot be told from text
            bool GoesOn(int index, IReadOnlyList<int> reply)
            {
                Console.Write(decoder?.Add(reply[^1]));
                return stop?.IsReached(reply) != true;
            }

            var reply = TextGenerator.Generate(loaded.Model, [ids], options, hook, cancellation: cancellation, goesOn: GoesOn)[0];
            string Text() => loaded.HasTokenizer ? loaded.Tokenizer.DecodeContinuation(ids, reply.Ids) : "";
            Console.WriteLine(model.Json(parsed) ? RunJson.Document(new { reply.Ids, Text = stop?.Cut(Text()) ?? Text() }).TrimEnd()
                : stop?.Cut(Text()) ?? decoder?.Flush() ?? string.Join(",", reply.Ids));
            if (!reply.Ended && reply.Ids.Count < options.MaxNewTokens)
            {
                throw new ExperimentException($"The reply ends here because prompt and reply fill the model's context of {loaded.Model.Config.ContextLength} tokens. Keep a sliding window with --cache-budget, or pass --allow-long-context.");
            }

            return Task.FromResult(0);
        });
        return command;
    }
}
