namespace Experiments.Data.Instructions;

/// <summary>One example to learn from: a text with its continuation, or a conversation.</summary>
public sealed record Instruction
{
    /// <summary>Names it in errors.</summary>
    public required string Id { get; init; }

    /// <summary>What is given; empty for a conversation.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What is to be learned; empty for a conversation.</summary>
    public string Completion { get; init; } = "";

    /// <summary>The turns of a conversation, whose assistant's turns are to be learned; null for a text.</summary>
    public IReadOnlyList<InstructionTurn>? Messages { get; init; }
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What is said.</param>
public sealed record InstructionTurn(string Role, string Content);
