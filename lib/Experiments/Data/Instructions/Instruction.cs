using Experiments.Models;

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
    public IReadOnlyList<ChatMessage>? Messages { get; init; }
}
