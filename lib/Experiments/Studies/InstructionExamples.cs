using System.Globalization;
using Experiments.Data.Instructions;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>Makes training examples of instruction data: encoded for one model, loss on the answers, files mixed by weight.</summary>
internal sealed class InstructionExamples : IDisposable
{
    private const double HeldOut = 0.05;
    private const int MostHeldOut = 200;

    private readonly LoadedModel _loaded;
    private readonly FineTuneOptions _options;
    private readonly Lazy<ChatTemplate> _chat;
    private readonly List<(IReadOnlyList<TrainingExample> Examples, double Weight)> _files = [];
    private int _shortened;
    private int _leftOut;

    /// <summary>Reads and encodes the data.</summary>
    /// <param name="loaded">Model whose tokenizer and chat template are used.</param>
    /// <param name="options">Which files.</param>
    /// <param name="notice">Told how many examples were too long; null for nobody.</param>
    /// <exception cref="ExperimentException">A file is malformed, holds too little, or the model lacks a chat template that it needs.</exception>
    internal InstructionExamples(LoadedModel loaded, FineTuneOptions options, Action<string>? notice)
    {
        (_loaded, _options) = (loaded, options);
        _chat = new(() => ChatTemplate.Load(loaded.Folder));
        var validation = new List<TrainingExample>();
        foreach (var share in options.Data)
        {
            List<TrainingExample> examples = [.. Read(share.Path)];
            if (options.ValidationData is null)
            {
                new Random(options.Seed).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(examples));
                var held = Math.Min(MostHeldOut, (int)Math.Ceiling(HeldOut * examples.Count));
                validation.AddRange(examples[..held]);
                examples = examples[held..];
            }

            _files.Add(examples.Count > 0 ? (examples, share.Weight) : throw new ExperimentException($"'{share.Path}' holds too few examples to keep some for validation. Add more, or name a file for validation."));
        }

        Validation = options.ValidationData is null ? validation : [.. Read(options.ValidationData)];
        if (_shortened > 0)
        {
            notice?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{_shortened} examples are longer than {MostTokens} tokens and lose their end."));
        }

        if (_leftOut > 0)
        {
            notice?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{_leftOut} examples are left out: their prompts alone are longer than {MostTokens} tokens."));
        }
    }

    /// <summary>Examples for the validation loss: those of the file that is named, or 5 % of each file, at most 200.</summary>
    internal IReadOnlyList<TrainingExample> Validation { get; }

    private int MostTokens => _options.MaxLength > 0 ? Math.Min(_options.MaxLength, _loaded.Model.Config.ContextLength) : _loaded.Model.Config.ContextLength;

    /// <summary>Examples without end: a file is drawn by weight, each file is shuffled anew whenever it has been seen.</summary>
    internal IEnumerable<TrainingExample> Training()
    {
        var random = new Random(_options.Seed);
        var orders = _files.ConvertAll(file => new Queue<TrainingExample>());
        while (true)
        {
            var dice = random.NextDouble() * _files.Sum(file => file.Weight);
            var chosen = _files.FindIndex(file => (dice -= file.Weight) < 0);
            chosen = chosen < 0 ? _files.Count - 1 : chosen; // rounding
            if (orders[chosen].Count == 0)
            {
                TrainingExample[] shuffled = [.. _files[chosen].Examples];
                random.Shuffle(shuffled);
                orders[chosen] = new(shuffled);
            }

            yield return orders[chosen].Dequeue();
        }
    }

    public void Dispose()
    {
        if (_chat.IsValueCreated)
        {
            _chat.Value.Dispose();
        }
    }

    private IEnumerable<TrainingExample> Read(string path) => InstructionFile.Read(path).Select(instruction => Shortened(Encode(instruction) with { Id = instruction.Id })).OfType<TrainingExample>();

    private TrainingExample Encode(Instruction instruction) => instruction.Messages is { } turns
        ? EncodeChat(instruction.Id, [.. turns.Select(turn => new ChatMessage(turn.Role, turn.Content))])
        : EncodeText(instruction.Prompt, instruction.Completion);

    private TrainingExample EncodeText(string prompt, string completion)
    {
        var (given, all) = (_loaded.Tokenizer.Encode(prompt), _loaded.Tokenizer.Encode(prompt + completion));
        var common = given.Zip(all).TakeWhile(pair => pair.First == pair.Second).Count(); // a token may reach over the border; it is learned
        return TrainingExample.Of(all[..common], [.. all[common..], .. _loaded.Tokenizer.EosId >= 0 ? new[] { _loaded.Tokenizer.EosId } : []], _options.LossOnPrompt);
    }

    /// <summary>A conversation as the template writes it; what stands between the assistant's header and the next turn is learned.</summary>
    private TrainingExample EncodeChat(string id, IReadOnlyList<ChatMessage> messages)
    {
        int[] Ids(string text) => _loaded.Tokenizer.Encode(text, addBos: false, controlTokens: true);
        var text = _chat.Value.Render(messages, addGenerationPrompt: false);
        var ids = Ids(text);
        var isTarget = new bool[ids.Length];
        Array.Fill(isTarget, _options.LossOnPrompt);
        foreach (var (index, _) in messages.Index().Where(turn => turn.Item.Role == "assistant"))
        {
            var (before, behind) = (_chat.Value.Render([.. messages.Take(index)]), _chat.Value.Render([.. messages.Take(index + 1)], addGenerationPrompt: false));
            if (!behind.StartsWith(before, StringComparison.Ordinal) || !text.StartsWith(behind, StringComparison.Ordinal))
            {
                throw new ExperimentException($"Example '{id}': the chat template does not write turn {index + 1} behind the turns before it, so the answer cannot be told from the prompt. Give the example as prompt and completion.");
            }

            Array.Fill(isTarget, true, Common(Ids(before), ids), Common(Ids(behind), ids) - Common(Ids(before), ids));
        }

        return new TrainingExample(ids, isTarget);
    }

    private static int Common(int[] part, int[] all) => part.Zip(all).TakeWhile(pair => pair.First == pair.Second).Count();

    /// <summary>The example within the context, or null where nothing of the answer would be left.</summary>
    private TrainingExample? Shortened(TrainingExample example)
    {
        if (example.Ids.Length <= MostTokens)
        {
            return example;
        }

        var shortened = example with { Ids = example.Ids[..MostTokens], IsTarget = example.IsTarget[..MostTokens] };
        if (!shortened.IsTarget.Contains(true))
        {
            _leftOut++;
            return null;
        }

        _shortened++;
        return shortened;
    }
}
