namespace Experiments.Models;

/// <summary>The shape of a LLaMA-family decoder: Hugging Face's <c>config.json</c> as an immutable record.</summary>
/// <remarks>Property names are the PascalCase of the JSON keys. <see cref="ConfigFile"/> reads and writes the file.</remarks>
public sealed record LlamaConfig
{
    /// <summary>Which family's conventions hold; <c>model_type</c> of the file.</summary>
    public ModelFamily Family { get; init; }

    /// <summary>Number of rows of the embedding and of the output projection.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the SwiGLU feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of decoder layers, <c>L</c>.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>Number of query heads, <c>H</c>.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Number of key/value heads; query heads share them in groups of <c>H / NumKeyValueHeads</c>.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Width of one head. Null: <c>HiddenSize / NumAttentionHeads</c>.</summary>
    public int? HeadDim { get; init; }

    /// <summary>Longest context the model was trained for, in tokens, before RoPE scaling.</summary>
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>Epsilon of RMSNorm.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How rotary frequencies are stretched for longer contexts; null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output projection is the embedding matrix.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the q, k, v and o projections have a bias. Qwen2 always has one on q, k and v and none on o: see <see cref="QueryKeyValueBias"/>.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Mistral and Phi-3: a query sees the newest <c>SlidingWindow</c> keys, itself among them; null for all earlier ones.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Beginning-of-sequence id.</summary>
    public int? BosTokenId { get; init; } = 1;

    /// <summary>Ids that end a generated sequence (Llama 3 has several).</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [2];

    /// <summary>Padding id, where the checkpoint names one.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Width of one head after defaults.</summary>
    public int HeadWidth => HeadDim ?? HiddenSize / NumAttentionHeads;

    /// <summary>Whether the q, k and v projections have a bias.</summary>
    public bool QueryKeyValueBias => AttentionBias || Family == ModelFamily.Qwen2;

    /// <summary>Whether each query and key head passes an RMSNorm of its own before its rotation.</summary>
    public bool QueryKeyNorm => Family == ModelFamily.Qwen3;

    /// <summary>Whether q, k and v are one projection, <c>qkv_proj</c>, and gate and up another, <c>gate_up_proj</c>.</summary>
    public bool FusedProjections => Family == ModelFamily.Phi3;

    /// <summary>Longest context in tokens: <see cref="MaxPositionEmbeddings"/>, times the factor where RoPE is scaled
    /// (llama3-scaled checkpoints already state the stretched length).</summary>
    public int ContextLength => RopeScaling is { Type: RopeScalingType.Linear or RopeScalingType.Dynamic } scaling
        ? (int)(MaxPositionEmbeddings * scaling.Factor)
        : MaxPositionEmbeddings;

    /// <summary>Number of weights, counting tied embeddings once.</summary>
    public long ParameterCount
    {
        get
        {
            long width = HiddenSize, queries = (long)NumAttentionHeads * HeadWidth, keys = (long)NumKeyValueHeads * HeadWidth;
            var attention = (2 * width * queries) + (2 * width * keys) + (QueryKeyValueBias ? queries + (2 * keys) : 0) + (AttentionBias ? width : 0) + (QueryKeyNorm ? 2 * HeadWidth : 0);
            var layer = attention + (3 * width * IntermediateSize) + (2 * width);
            return (NumHiddenLayers * layer) + width + ((TieWordEmbeddings ? 1 : 2) * (long)VocabSize * width);
        }
    }

    /// <summary>Rejects shapes that cannot be a model, naming the key.</summary>
    /// <param name="where">The file that the values came from, for the message.</param>
    /// <exception cref="Runs.ExperimentException">A value is out of range or contradicts another.</exception>
    public void Validate(string where)
    {
        void Positive(string key, int value)
        {
            if (value <= 0)
            {
                throw new Runs.ExperimentException($"{where}: '{key}' is {value}; it must be positive.");
            }
        }

        void PositiveNumber(string key, double value)
        {
            if (!(value > 0 && double.IsFinite(value)))
            {
                throw new Runs.ExperimentException($"{where}: '{key}' is {value}; it must be a positive number.");
            }
        }

        Positive("vocab_size", VocabSize);
        Positive("hidden_size", HiddenSize);
        Positive("intermediate_size", IntermediateSize);
        Positive("num_hidden_layers", NumHiddenLayers);
        Positive("num_attention_heads", NumAttentionHeads);
        Positive("num_key_value_heads", NumKeyValueHeads);
        Positive("max_position_embeddings", MaxPositionEmbeddings);
        Positive("head_dim", HeadWidth);
        PositiveNumber("rms_norm_eps", RmsNormEps);
        PositiveNumber("rope_theta", RopeTheta);
        if (RopeScaling is { } scaling)
        {
            PositiveNumber("rope_scaling.factor", scaling.Factor);
            if (scaling.Factor < 1)
            {
                throw new Runs.ExperimentException($"{where}: 'rope_scaling.factor' is {scaling.Factor}; it must be 1 or more, as it lengthens the context.");
            }

            PositiveNumber("rope_scaling.low_freq_factor", scaling.LowFreqFactor);
            PositiveNumber("rope_scaling.high_freq_factor - low_freq_factor", scaling.HighFreqFactor - scaling.LowFreqFactor);
            Positive("rope_scaling.original_max_position_embeddings", scaling.OriginalMaxPositionEmbeddings);
        }

        if (SlidingWindow is { } window)
        {
            Positive("sliding_window", window);
        }

        ValidateFamily(where);
        if (HeadDim is null && HiddenSize % NumAttentionHeads != 0)
        {
            throw new Runs.ExperimentException($"{where}: 'hidden_size' {HiddenSize} is not a multiple of 'num_attention_heads' {NumAttentionHeads}; give 'head_dim' or correct one of them.");
        }

        if (HeadWidth % 2 != 0)
        {
            throw new Runs.ExperimentException($"{where}: heads are {HeadWidth} wide; rotary embeddings need an even width.");
        }

        if (NumAttentionHeads % NumKeyValueHeads != 0)
        {
            throw new Runs.ExperimentException($"{where}: 'num_attention_heads' {NumAttentionHeads} is not a multiple of 'num_key_value_heads' {NumKeyValueHeads}.");
        }
    }

    /// <summary>What a family's file cannot say would be lost when the model is saved.</summary>
    private void ValidateFamily(string where)
    {
        if (AttentionBias && Family is (ModelFamily.Qwen2 or ModelFamily.Mistral or ModelFamily.Phi3))
        {
            throw new Runs.ExperimentException($"{where}: 'attention_bias' has no meaning for {Family}, whose projections fix it. Leave it out.");
        }

        if (SlidingWindow is not null && Family is not (ModelFamily.Mistral or ModelFamily.Phi3))
        {
            throw new Runs.ExperimentException($"{where}: 'sliding_window' is implemented for Mistral and Phi3 only, not for {Family}. Leave it out.");
        }

        if (RopeScaling is not null && Family == ModelFamily.Phi3)
        {
            throw new Runs.ExperimentException($"{where}: 'rope_scaling' is {RopeScaling.Type}, which transformers does not read for Phi3. Leave it out.");
        }
    }
}
