using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;

namespace Experiments.Data.Instructions;

/// <summary>Reads instruction data in the common shapes: prompt and completion, messages, Alpaca; JSON lines or Parquet.</summary>
public static class InstructionFile
{
    private static readonly string[] Roles = ["system", "user", "assistant"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">
    /// One object a line: <c>prompt</c> and <c>completion</c>; or <c>messages</c>, a list of <c>role</c> and <c>content</c>; or <c>instruction</c>, <c>output</c> and optionally
    /// <c>input</c>, which get Alpaca's prompt (Taori et al. 2023). An <c>id</c> is optional.
    /// </param>
    /// <returns>The examples, in the order of the file.</returns>
    /// <exception cref="ExperimentException">The file is missing or empty, or a line is in none of the shapes.</exception>
    public static IReadOnlyList<Instruction> Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return [.. JsonRow.Read(path, "examples").Select(row => Of(row) with { Id = row.OptionalText("id") ?? FormattableString.Invariant($"{name}-{row.Number}") })];
    }

    /// <summary>Reads a row; it has no id yet.</summary>
    /// <param name="row">The row.</param>
    /// <param name="otherShapes">Shapes that the caller knows besides, for the error.</param>
    internal static Instruction Of(JsonRow row, string otherShapes = "")
    {
        var json = row.Json;
        if (json.ContainsKey("messages"))
        {
            return new Instruction { Id = "", Messages = Messages(row) };
        }

        return json.ContainsKey("prompt") ? new Instruction { Id = "", Prompt = row.Text("prompt"), Completion = Learned(row, "completion") }
            : json.ContainsKey("instruction") ? new Instruction { Id = "", Prompt = Alpaca(row.Text("instruction"), row.OptionalText("input")), Completion = Learned(row, "output") }
            : throw row.Wrong($"none of the known shapes: {otherShapes}prompt and completion; messages; instruction, input and output. It has {(json.Count == 0 ? "no keys" : string.Join(", ", json.Select(pair => pair.Key)))}");
    }

    private static string Learned(JsonRow row, string name) => row.Text(name) is { Length: > 0 } text ? text : throw row.Wrong($"'{name}' is empty: there is nothing to learn");

    private static string Alpaca(string instruction, string? input) => string.IsNullOrEmpty(input)
        ? $"Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n{instruction}\n\n### Response:\n"
        : $"Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n";

    private static List<InstructionTurn> Messages(JsonRow row)
    {
        List<InstructionTurn> messages = row.Json["messages"] is JsonArray list ? [.. list.Select((turn, i) => Message(row, turn, i))] : throw row.Wrong("'messages' is not a list");
        return messages.Exists(message => message.Role == "assistant")
            ? messages
            : throw row.Wrong("'messages' has no turn of the assistant: there is nothing to learn");
    }

    private static InstructionTurn Message(JsonRow row, JsonNode? turn, int index)
    {
        var (role, content) = turn is JsonObject values ? (TextOf(values["role"]), TextOf(values["content"])) : (null, null);
        return role is null || content is null ? throw row.Wrong($"turn {index + 1} of 'messages' needs 'role' and 'content', both texts")
            : Roles.Contains(role) ? new InstructionTurn(role, content)
            : throw row.Wrong($"turn {index + 1} of 'messages' has role '{role}'; known are {string.Join(", ", Roles)}");
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
