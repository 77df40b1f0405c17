using System.Text.Json.Nodes;
using Experiments.Models;

namespace Experiments.Tests.Models;

/// <summary>A second decoder, slow and plain, in float64: written from transformers' modelling code, with nothing of the library but the reader of files.</summary>
internal sealed class ReferenceDecoder
{
    private readonly Dictionary<string, double[]> _weights = [];
    private readonly JsonObject _config;
    private readonly string _type;
    private readonly int _width, _heads, _keyHeads, _headDim;

    internal ReferenceDecoder(TemporaryFolder folder)
    {
        _config = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
        _type = (string)_config["model_type"]!;
        (_width, _heads, _keyHeads) = (Int("hidden_size"), Int("num_attention_heads"), Int("num_key_value_heads"));
        _headDim = _config["head_dim"] is null ? _width / _heads : Int("head_dim");
        var file = SafeTensorsFile.Open(folder.File("model.safetensors"));
        foreach (var name in file.Names)
        {
            using var tensor = file.Read(name);
            _weights[name] = [.. tensor.data<float>().Select(value => (double)value)];
        }

        if (_type == "phi3")
        {
            Unfuse();
        }
    }

    /// <summary>What each layer of the last text had inside, by its short name: <c>q</c>, <c>k</c>, <c>v</c> and <c>hidden</c> as <c>[position][head, headDim]</c>, <c>scores</c> and <c>pattern</c> as <c>[head * T + query][key]</c>.</summary>
    internal List<Dictionary<string, double[][]>> Layers { get; } = [];

    /// <summary>Logits of every position, <c>[position][token]</c>.</summary>
    internal double[][] Logits(int[] ids)
    {
        var hidden = ids.Select(id => _weights["model.embed_tokens.weight"][(id * _width)..((id + 1) * _width)]).ToArray();
        Layers.Clear();
        for (var layer = 0; layer < Int("num_hidden_layers"); layer++)
        {
            Layers.Add([]);
            var prefix = $"model.layers.{layer}.";
            var attended = Attention([.. hidden.Select(x => Norm(x, prefix + "input_layernorm"))], prefix + "self_attn.");
            for (var t = 0; t < ids.Length; t++)
            {
                hidden[t] = Add(hidden[t], attended[t]);
                var x = Norm(hidden[t], prefix + "post_attention_layernorm");
                var (gate, up) = (Project(x, prefix + "mlp.gate_proj"), Project(x, prefix + "mlp.up_proj"));
                hidden[t] = Add(hidden[t], Project([.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])], prefix + "mlp.down_proj"));
            }

            Layers[^1]["hidden"] = [.. hidden];
        }

        var head = _weights.ContainsKey("lm_head.weight") ? "lm_head" : "model.embed_tokens";
        return [.. hidden.Select(x => Project(Norm(x, "model.norm"), head))];
    }

    /// <summary>Rows of Phi-3's fused matrices, under the names of the others: queries, keys, values; gate, up.</summary>
    private void Unfuse()
    {
        for (var layer = 0; layer < Int("num_hidden_layers"); layer++)
        {
            var (attention, mlp) = ($"model.layers.{layer}.self_attn.", $"model.layers.{layer}.mlp.");
            var (qkv, both) = (_weights[attention + "qkv_proj.weight"], _weights[mlp + "gate_up_proj.weight"]);
            int queries = _heads * _headDim * _width, keys = _keyHeads * _headDim * _width;
            _weights[attention + "q_proj.weight"] = qkv[..queries];
            _weights[attention + "k_proj.weight"] = qkv[queries..(queries + keys)];
            _weights[attention + "v_proj.weight"] = qkv[(queries + keys)..];
            _weights[mlp + "gate_proj.weight"] = both[..(both.Length / 2)];
            _weights[mlp + "up_proj.weight"] = both[(both.Length / 2)..];
        }
    }

    private static double[] Add(double[] x, double[] y) => [.. x.Select((value, i) => value + y[i])];

    private int Int(string key) => (int)_config[key]!;

    private double[][] Attention(double[][] x, string prefix)
    {
        bool all = _config["attention_bias"] is { } flag && (bool)flag, inputs = all || _type == "qwen2";
        var q = x.Select((row, t) => Rotated(Project(row, prefix + "q_proj", inputs), t, prefix + "q_norm")).ToArray();
        var k = x.Select((row, t) => Rotated(Project(row, prefix + "k_proj", inputs), t, prefix + "k_norm")).ToArray();
        var v = x.Select(row => Project(row, prefix + "v_proj", inputs)).ToArray();
        var window = (_type is "mistral" or "phi3") && _config["sliding_window"] is { } size ? (int)size : int.MaxValue;
        var output = new double[x.Length][];
        var (allScores, patterns) = (new double[_heads * x.Length][], new double[_heads * x.Length][]);
        for (var t = 0; t < x.Length; t++)
        {
            var mixed = new double[_heads * _headDim];
            for (var head = 0; head < _heads; head++)
            {
                var (own, shared) = (head * _headDim, head / (_heads / _keyHeads) * _headDim);
                var seen = Enumerable.Range(0, t + 1).Where(key => t - key < window).ToArray();
                var scores = seen.Select(key => Enumerable.Range(0, _headDim).Sum(i => q[t][own + i] * k[key][shared + i]) / Math.Sqrt(_headDim)).ToArray();
                var powers = scores.Select(score => Math.Exp(score - scores.Max())).ToArray();
                (allScores[(head * x.Length) + t], patterns[(head * x.Length) + t]) = (Enumerable.Repeat(double.NegativeInfinity, x.Length).ToArray(), new double[x.Length]);
                foreach (var (n, key) in seen.Index())
                {
                    (allScores[(head * x.Length) + t][key], patterns[(head * x.Length) + t][key]) = (scores[n], powers[n] / powers.Sum());
                }

                for (var i = 0; i < _headDim; i++)
                {
                    mixed[own + i] = seen.Select((key, n) => powers[n] / powers.Sum() * v[key][shared + i]).Sum();
                }
            }

            output[t] = Project(mixed, prefix + "o_proj", all);
        }

        foreach (var (name, rows) in new[] { ("q", q), ("k", k), ("v", v), ("scores", allScores), ("pattern", patterns) })
        {
            Layers[^1][name] = rows;
        }

        return output;
    }

    /// <summary>Each head normed, in Qwen3, and then rotated by its position.</summary>
    private double[] Rotated(double[] projected, int position, string norm)
    {
        var half = _headDim / 2;
        var rotated = new double[projected.Length];
        for (var start = 0; start < projected.Length; start += _headDim)
        {
            var head = projected[start..(start + _headDim)];
            head = _type == "qwen3" ? Norm(head, norm) : head;
            for (var i = 0; i < half; i++)
            {
                var angle = position * Frequency(i);
                rotated[start + i] = (head[i] * Math.Cos(angle)) - (head[i + half] * Math.Sin(angle));
                rotated[start + i + half] = (head[i + half] * Math.Cos(angle)) + (head[i] * Math.Sin(angle));
            }
        }

        return rotated;
    }

    private double Frequency(int pair)
    {
        var frequency = Math.Pow((double)_config["rope_theta"]!, -2.0 * pair / _headDim);
        if (_config["rope_scaling"] is not JsonObject scaling)
        {
            return frequency;
        }

        var factor = (double)scaling["factor"]!;
        if ((string)scaling["rope_type"]! == "linear")
        {
            return frequency / factor;
        }

        // llama3: turns within the original context, below the low factor stretched, above the high one kept
        double low = (double)scaling["low_freq_factor"]!, high = (double)scaling["high_freq_factor"]!;
        var turns = (double)scaling["original_max_position_embeddings"]! * frequency / (2 * Math.PI);
        var kept = Math.Clamp((turns - low) / (high - low), 0, 1);
        return ((1 - kept) * frequency / factor) + (kept * frequency);
    }

    private double[] Norm(double[] x, string name)
    {
        var root = Math.Sqrt((x.Sum(value => value * value) / x.Length) + (double)_config["rms_norm_eps"]!);
        return [.. x.Select((value, i) => value / root * _weights[name + ".weight"][i])];
    }

    private double[] Project(double[] x, string name, bool bias = false)
    {
        var weight = _weights[name + ".weight"];
        var y = new double[weight.Length / x.Length];
        for (var row = 0; row < y.Length; row++)
        {
            y[row] = bias ? _weights[name + ".bias"][row] : 0;
            for (var column = 0; column < x.Length; column++)
            {
                y[row] += weight[(row * x.Length) + column] * x[column];
            }
        }

        return y;
    }
}
