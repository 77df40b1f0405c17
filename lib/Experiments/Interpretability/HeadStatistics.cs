namespace Experiments.Interpretability;

/// <summary>Share of each head's attention that some tokens receive, texts counting by their tokens. Arrays are <c>[layer, head]</c>.</summary>
/// <remarks>It is the share of what a head gives, so that each head's classes sum to 1. A layer's share (<see cref="ClassMass"/>) is the mean of its heads', unless an intervention made the rows of some heads sum to more than those of others.</remarks>
/// <param name="Mass">The share, 0 to 1.</param>
/// <param name="Low">Lower end of its bootstrap interval over texts; null for a single text.</param>
/// <param name="High">Upper end.</param>
public sealed record HeadShares(double[,] Mass, double[,]? Low, double[,]? High);

/// <summary>What one token class receives in each head.</summary>
/// <param name="Class">Token class.</param>
/// <param name="Tokens">Tokens of that class in all texts.</param>
/// <param name="Expected">The share its positions would get if every token looked evenly at all tokens up to itself: the same in every head.</param>
/// <param name="Heads">The share it gets.</param>
public sealed record HeadMass(TokenClass Class, int Tokens, double Expected, HeadShares Heads);

/// <summary>What all non-semantic tokens together receive, with intervals of the sum.</summary>
/// <param name="Tokens">Such tokens in all texts.</param>
/// <param name="Expected">The share their positions would get if every token looked evenly at all tokens up to itself: the same in every layer and head.</param>
/// <param name="Layers">The share of each layer's attention.</param>
/// <param name="Heads">The share of each head's.</param>
public sealed record NonSemanticMass(int Tokens, double Expected, IReadOnlyList<LayerMass> Layers, HeadShares Heads);

/// <summary>What some tokens receive in one layer.</summary>
/// <param name="Mass">Share of the layer's attention, 0 to 1. Texts count by their tokens.</param>
/// <param name="Low">Lower end of its bootstrap interval over texts; null for a single text.</param>
/// <param name="High">Upper end.</param>
public sealed record LayerMass(double Mass, double? Low, double? High);

/// <summary>Bootstrap intervals over texts of means by layer and head.</summary>
/// <param name="SinkRate">Of <see cref="AttentionStatistics.SinkRate"/>, in percent.</param>
/// <param name="Entropy">Of <see cref="AttentionStatistics.Entropy"/>, in nats.</param>
/// <param name="NormalizedEntropy">Of <see cref="AttentionStatistics.NormalizedEntropy"/>.</param>
/// <param name="BosMass">Of <see cref="AttentionStatistics.BosMass"/>.</param>
public sealed record HeadIntervals(HeadInterval SinkRate, HeadInterval Entropy, HeadInterval NormalizedEntropy, HeadInterval BosMass);

/// <summary>Interval ends, <c>[layer, head]</c>.</summary>
/// <param name="Low">Lower ends.</param>
/// <param name="High">Upper ends.</param>
public sealed record HeadInterval(double[,] Low, double[,] High);
