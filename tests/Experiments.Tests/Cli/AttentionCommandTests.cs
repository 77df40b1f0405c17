using System.Text.Json.Nodes;
using Experiments.Models;
using Experiments.Tests.Models;

namespace Experiments.Tests.Cli;

/// <summary>The attention command on a text of ids.</summary>
[Collection("console")]
public sealed class AttentionCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AttentionCommandTests()
    {
        using var model = TinyModels.Make();
        Checkpoint.Save(model, Model);
    }

    private string Model => _folder.File("model");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(64)]
    [InlineData(65, "--allow-long-context")]
    [InlineData(65, "--allow-long-context", "--generate", "2")]
    public async Task Attention_is_looked_at_in_a_text_that_fills_the_context_and_in_a_longer_one_if_asked(int length, params string[] more)
    {
        var (code, output, error) = await CommandLine.Run(["attention", "--model", Model, "--tokens", string.Join(',', Enumerable.Repeat(3, length)), "--json", "--output", _folder.File("results"), .. more]);
        Assert.True(code == 0, error);
        Assert.Equal(length, JsonNode.Parse(output)!["promptLength"]!.GetValue<int>());
    }

    [Fact]
    public async Task Attention_saves_logits_and_patterns_as_multiplied_with_the_values()
    {
        foreach (string[] rebalance in new[] { [], new[] { "--preset", "released-code", "--alpha", "0.9" } })
        {
            var (code, _, error) = await CommandLine.Run(["attention", "--model", Model, "--tokens", "1,5,7,9", "--save-tensors", _folder.File("t.safetensors"), .. rebalance]);
            Assert.True(code == 0, error);
            var saved = SafeTensorsFile.Open(_folder.File("t.safetensors"));
            Assert.Equal([1, 4, 23], saved.Shape("logits"));
            Assert.Equal(["blocks.0.attn.hook_pattern", "blocks.1.attn.hook_pattern", "blocks.2.attn.hook_pattern", "logits"], saved.Names);
            using var sums = saved.Read("blocks.1.attn.hook_pattern").sum(-1); // [batch, head, query]
            Assert.Equal(rebalance.Length > 0, sums.max().item<float>() > 1.01f);
        }
    }

    [Fact]
    public async Task Attention_saves_the_activations_layers_heads_and_positions_that_are_asked_for()
    {
        var file = _folder.File("some.safetensors");
        string[] command = ["attention", "--model", Model, "--tokens", "1,5,7,9,2", "--save-tensors", file];
        var (code, _, error) = await CommandLine.Run([.. command, "--capture", "hidden,scores,v", "--layers", "0,2", "--heads", "3", "--positions", "1-2,4"]);
        Assert.True(code == 0, error);
        var saved = SafeTensorsFile.Open(file);
        Assert.Equal((string[])[.. from layer in new[] { 0, 2 } from name in new[] { "attn.hook_attn_scores", "attn.hook_v", "hook_resid_post" } select $"blocks.{layer}.{name}"], saved.Names);
        Assert.Equal([1, 1, 3, 5], saved.Shape("blocks.2.attn.hook_attn_scores"));
        Assert.Equal([1, 3, 1, 4], saved.Shape("blocks.2.attn.hook_v"));
        Assert.Equal(("[1,2,4]", "[1]"), (saved.Metadata["positions"], saved.Metadata["kv_heads"]));

        foreach (var (wrong, exit, what) in new[]
        {
            ("--capture patterns", 1, "There is no activation 'patterns'"),
            ("--layers 1-0", 2, "'1-0' is neither an index from 0 nor a range"),
            ("--positions 0-x", 2, "--positions: '0-x'"),
            ("--heads 4", 1, "heads 0 to 3"),
        })
        {
            var (failed, _, why) = await CommandLine.Run([.. command, .. wrong.Split(' ')]);
            Assert.Equal((exit, true), (failed, why.Contains(what, StringComparison.Ordinal)));
        }

        var (usage, _, missing) = await CommandLine.Run(["attention", "--model", Model, "--tokens", "1,5", "--capture", "q"]);
        Assert.Equal((2, true), (usage, missing.Contains("Give --save-tensors too", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Attention_continues_a_text_and_looks_at_prompt_and_reply()
    {
        var (_, generated, _) = await CommandLine.Run(["generate", "--model", Model, "--tokens", "1,5,7", "--max-new-tokens", "4", "--json"]);
        int[] reply = [.. JsonNode.Parse(generated)!["ids"]!.AsArray().Select(id => (int)id!)];
        string[] command = ["attention", "--model", Model, "--tokens", "1,5,7", "--save-tensors", _folder.File("g.safetensors"), "--json", "--generate"];
        var (code, output, error) = await CommandLine.Run([.. command, "4"]);
        Assert.True(code == 0, error);
        Assert.Equal($"[{string.Join(',', (int[])[1, 5, 7, .. reply])}]", SafeTensorsFile.Open(_folder.File("g.safetensors")).Metadata["ids"]);
        Assert.Equal((3, 3 + reply.Length), ((int)JsonNode.Parse(output)!["promptLength"]!, JsonNode.Parse(output)!["tokens"]!.AsArray().Count));

        var (tooLong, _, why) = await CommandLine.Run([.. command, "1000"]);
        Assert.Equal((1, true), (tooLong, why.Contains("3 tokens and 1000 are to follow", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_explorer_of_a_text_has_a_second_condition_where_attention_is_changed()
    {
        var page = _folder.File("attention.html");
        foreach (var (more, expected) in new[] { ("", "\"layers\":[0,1,2],\"heads\":[0,1,2,3],\"names\":[\"off\"]"), ("--intervention softmax-temperature:tau=2 --layer 1", "\"layers\":[1],\"heads\":[0,1,2,3],\"names\":[\"off\",\"on\"]") })
        {
            var (code, output, error) = await CommandLine.Run(["attention", "--model", Model, "--tokens", "1,5,7,9", "--explorer", page, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            Assert.True(code == 0, error);
            Assert.Contains(expected, File.ReadAllText(page), StringComparison.Ordinal);
            Assert.DoesNotContain("Figures and tables", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1,5,7,9,5,7", 6)]
    [InlineData("1", 1)]
    public async Task Attention_of_a_text_has_head_categories_value_weights_and_hidden_states(string tokens, int count)
    {
        string[] arguments = ["attention", "--model", Model, "--tokens", tokens, "--output", _folder.File("results")];
        var (code, output, error) = await CommandLine.Run(arguments);
        Assert.True(code == 0, error);
        Assert.Matches(@"Layer +Head +Category", output);
        Assert.Matches(@"Mass +Value-weighted", output);
        Assert.Matches(@"Massive activations +Largest entry", output);
        var tables = Directory.GetFiles(_folder.Path, "*.csv", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);
        Assert.Superset(new HashSet<string?> { "heads", "value-weighting", "hidden-states", "rollout" }, tables.ToHashSet());

        (_, output, _) = await CommandLine.Run([.. arguments, "--json"]);
        var numbers = System.Text.Json.JsonDocument.Parse(output).RootElement;
        Assert.Equal(12, numbers.GetProperty("heads").GetArrayLength());
        Assert.Equal(count, numbers.GetProperty("values")[2].GetProperty("mass").GetArrayLength());
        Assert.Equal((count, 3), (numbers.GetProperty("rolloutMass").GetArrayLength(), numbers.GetProperty("hiddenStates").GetArrayLength()));
    }
}
