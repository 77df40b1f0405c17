namespace Experiments.Models;

/// <summary>Families of decoders that differ from LLaMA in the values of <see cref="LlamaConfig"/> only.</summary>
public enum ModelFamily
{
    /// <summary>LLaMA 1 to 3, TinyLlama, SmolLM2.</summary>
    Llama,

    /// <summary>Qwen 2 and 2.5: a bias on q, k and v.</summary>
    Qwen2,

    /// <summary>Qwen 3: an RMSNorm on each query and key head.</summary>
    Qwen3,

    /// <summary>Mistral: a sliding window.</summary>
    Mistral,

    /// <summary>Phi-3 and Phi-4: q, k and v in one projection, gate and up in one, and a sliding window.</summary>
    Phi3,
}
