using System.Text.Json.Serialization;

namespace Experiments.Interpretability;

/// <summary>Attention statistics over several texts. Arrays are <c>[layer, head]</c>; definitions as in <see cref="SequenceAttention"/>.</summary>
public sealed record AttentionStatistics
{
    /// <summary>Number of texts.</summary>
    public required int Sequences { get; init; }

    /// <summary>Tokens in all texts together.</summary>
    public required int Tokens { get; init; }

    /// <summary>Percentage of texts in which the head's first key receives more than epsilon (k = 1).</summary>
    public required double[,] SinkRate { get; init; }

    /// <summary><c>Sink_1</c> of the model in percent: the mean of <see cref="SinkRate"/> over layers and heads.</summary>
    public required double ModelSinkRate { get; init; }

    /// <summary>Mean entropy in nats, texts weighted equally.</summary>
    public required double[,] Entropy { get; init; }

    /// <summary>Mean normalised entropy, 0 to 1, over texts of two tokens or more; NaN where there is none.</summary>
    public required double[,] NormalizedEntropy { get; init; }

    /// <summary>Mean share of attention on the first token.</summary>
    public required double[,] BosMass { get; init; }

    /// <summary>Bootstrap intervals over texts of the four means above; null for a single text, and in runs that saved none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HeadIntervals? Intervals { get; init; }

    /// <summary>Share of each layer's attention by token class, for the classes that occur.</summary>
    public required IReadOnlyList<ClassMass> ClassMasses { get; init; }

    /// <summary>Share of each head's attention by token class, for the classes that occur; null in runs that saved none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HeadMass>? HeadMasses { get; init; }

    /// <summary>What all non-semantic tokens (<see cref="TokenClasses.IsNonSemantic"/>) receive together; null in runs that saved none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NonSemanticMass? NonSemantic { get; init; }

    /// <summary>Outlier tokens by layer and class, for the classes that occur.</summary>
    public required IReadOnlyList<OutlierShare> Outliers { get; init; }

    /// <summary>Statistics beyond these; null where <see cref="AttentionStudyOptions.Laboratory"/> did not ask for them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LaboratoryStatistics? Laboratory { get; init; }
}

/// <summary>What one token class receives in one layer.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Class">Token class.</param>
/// <param name="Tokens">Tokens of that class in all texts.</param>
/// <param name="Mass">Share of the layer's attention, 0 to 1; classes sum to 1. Texts count by their tokens.</param>
/// <param name="Expected">The share its positions would get if every token looked evenly at all tokens up to itself.</param>
/// <param name="Low">Lower end of the bootstrap interval of <paramref name="Mass"/> over texts; null for a single text.</param>
/// <param name="High">Upper end.</param>
public sealed record ClassMass(int Layer, TokenClass Class, int Tokens, double Mass, double Expected, double? Low, double? High)
{
    /// <summary>How many times the expected share it gets.</summary>
    public double Lift => Mass / Expected;
}

/// <summary>Outlier tokens of one class in one layer.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Class">Token class.</param>
/// <param name="Tokens">Tokens of that class in all texts.</param>
/// <param name="Count">How many of them are outliers.</param>
/// <param name="Mass">Share of the layer's attention that those outliers receive, 0 to 1.</param>
public sealed record OutlierShare(int Layer, TokenClass Class, int Tokens, int Count, double Mass);
