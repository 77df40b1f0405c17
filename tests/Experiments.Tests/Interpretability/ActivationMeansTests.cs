using System.Text.Json;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Interpretability;

public class ActivationMeansTests
{
    private const double TwoTexts = 12.706204736432095, ThreeTexts = 4.302652729749464; // 97.5 % points of Student's t with 1 and 2 degrees of freedom

    private static readonly int[][] Texts = [[1, 5, 7, 3, 22, 11], [4, 9, 2], [8, 0, 6, 6, 2]];

    [Fact]
    public void Means_and_intervals_are_those_of_the_text_book()
    {
        var counts = new int[2];
        var mean = new MeanTensor(new CapturedTensor("x", "[batch, position, hidden]", [1, 1, 1], [0]), [0, 1], counts);
        foreach (float[] values in new float[][] { [1, 10], [3, 14], [8] })
        {
            foreach (var position in Enumerable.Range(0, values.Length))
            {
                counts[position]++;
            }

            mean.Add(new CapturedTensor("x", "[batch, position, hidden]", [1, values.Length, 1], values), values.Length);
        }

        // 1, 3, 8: mean 4, s = sqrt(26 / 2), t = 4.302653, half = t s / sqrt(3) = 8.956685; 10, 14: mean 12, s = sqrt(8), t = 12.706205, half = 25.412409
        Equal([4, 12], mean.Means());
        Equal([-4.956685, -13.412409], mean.Low());
        Equal([12.956685, 37.412409], mean.High());
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("re-balancing:alpha=0.9", 0)]
    [InlineData("", 3)]
    public void Every_entry_is_the_mean_of_single_captures_of_the_texts_that_have_it(string intervention, int window)
    {
        using var model = TinyModels.Make(window == 0 ? null : TinyModels.Config with { Family = ModelFamily.Mistral, SlidingWindow = window });
        using var hook = InterventionChain.Of(intervention.Length == 0 ? [] : [Interventions.Parse(intervention)], model);
        var everything = new CaptureOptions { What = Activation.All };
        ActivationCapture[] single = [.. Texts.Select(ids => ActivationCapture.Run(model, ids, everything, hook))];

        var means = ActivationMeans.Run(model, Texts, everything, hook, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(3, means.Texts);
        Assert.Equal([3, 3, 3, 2, 2, 1], means.Counts);
        Assert.Equal(single[0].Tensors.Select(tensor => (tensor.Name, tensor.Axes)), means.Tensors.Select(tensor => (tensor.Name, tensor.Axes)));
        foreach (var mean in means.Tensors)
        {
            CapturedTensor[] parts = [.. single.Select(capture => capture.Tensors.Single(part => part.Name == mean.Name))];
            Assert.Equal(parts[0].Shape, mean.Shape); // of the longest text
            var expected = Places(mean.Shape).Select(place => Estimate([.. parts.Select(part => At(part, place)).OfType<double>()])).ToList();
            Equal(expected.Select(entry => entry.Mean), mean.Means());
            Equal(expected.Select(entry => entry.Low), mean.Low());
            Equal(expected.Select(entry => entry.High), mean.High());
        }

        var scores = means.Tensors.Single(mean => mean.Name == "blocks.1.attn.hook_attn_scores").Means();
        var seen = Enumerable.Range(1, 6).Sum(query => window == 0 ? query : Math.Min(query, window));
        Assert.Equal(4 * (36 - seen), scores.Count(float.IsNegativeInfinity));
        Assert.Equal(4 * seen, scores.Count(float.IsFinite));
    }

    [Fact]
    public void Of_one_text_the_means_are_its_capture_and_there_is_no_interval()
    {
        using var model = TinyModels.Make();
        var options = new CaptureOptions { What = Activation.All, Layers = [2], Heads = [3, 1], Positions = [5, 0, 2] };
        var (capture, means) = (ActivationCapture.Run(model, Texts[0], options), ActivationMeans.Run(model, [Texts[0]], options, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(capture.Tensors.Select(tensor => tensor.Shape), means.Tensors.Select(tensor => tensor.Shape));
        Assert.Equal(capture.Tensors.Select(tensor => tensor.Values), means.Tensors.Select(tensor => tensor.Means()));
        Assert.All(means.Tensors, tensor => Assert.All([.. tensor.Low(), .. tensor.High()], value => Assert.True(float.IsNaN(value))));
    }

    [Fact]
    public void A_text_shorter_than_a_chosen_position_does_not_count_there_and_rows_end_with_the_last_one()
    {
        using var model = TinyModels.Make();
        var options = new CaptureOptions { What = [Activation.Pattern, Activation.Hidden], Positions = [4, 3] };
        var (part, two) = (ActivationMeans.Run(model, Texts, options, cancellation: TestContext.Current.CancellationToken), ActivationMeans.Run(model, [Texts[0], Texts[2]], options, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(3, part.Texts);
        Assert.Equal([3, 4], part.Positions);
        Assert.Equal([2, 2], part.Counts);
        Assert.Equal([1, 4, 2, 5], part.Tensors[0].Shape);
        Assert.Equal(two.Tensors.Select(tensor => tensor.Means()), part.Tensors.Select(tensor => tensor.Means()));
        Assert.Equal(two.Tensors.Select(tensor => tensor.High()), part.Tensors.Select(tensor => tensor.High()));
    }

    [Fact]
    public void A_file_holds_means_intervals_and_counts_and_says_what_they_are()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make();
        var means = ActivationMeans.Run(model, Texts, new CaptureOptions { What = [Activation.Value, Activation.Logits], Layers = [1], Heads = [2], Positions = [0, 3, 5] }, cancellation: TestContext.Current.CancellationToken);
        means.Save(folder.File("m.safetensors"));

        Assert.Single(Directory.GetFiles(folder.Path));
        var saved = SafeTensorsFile.Open(folder.File("m.safetensors"));
        Assert.Equal(["blocks.1.attn.hook_v", "blocks.1.attn.hook_v.high", "blocks.1.attn.hook_v.low", "count", "logits", "logits.high", "logits.low"], saved.Names.Order());
        Assert.Equal([1, 3, 23], saved.Shape("logits.low"));
        using var scope = TorchSharp.torch.NewDisposeScope();
        Assert.Equal(means.Tensors[1].Means(), saved.Read("logits").data<float>().ToArray());
        Assert.Equal(means.Tensors[0].High(), saved.Read("blocks.1.attn.hook_v.high").data<float>().ToArray());
        Assert.Equal([3, 2, 1], saved.Read("count").to(TorchSharp.torch.ScalarType.Int64).data<long>().ToArray());
        var axes = JsonSerializer.Deserialize<Dictionary<string, string>>(saved.Metadata["axes"])!;
        Assert.Equal(("[batch, position, kv_head, head_dim]", "[position]"), (axes["blocks.1.attn.hook_v.low"], axes["count"]));
        Assert.Equal(["[1]", "[2]", "[1]", "[0,3,5]", "3", "0.95"], new[] { "layers", "heads", "kv_heads", "positions", "texts", "confidence" }.Select(key => saved.Metadata[key]));
    }

    [Fact]
    public void Texts_are_counted_as_they_are_done_and_a_cancelled_run_stops_between_two()
    {
        using var model = TinyModels.Make();
        using var source = new CancellationTokenSource();
        var done = new List<int>();
        ActivationMeans.Run(model, Texts, finished: done.Add, cancellation: source.Token);
        Assert.Equal([1, 2, 3], done);
        Assert.Throws<OperationCanceledException>(() => ActivationMeans.Run(model, Texts, finished: number => { done.Add(number); source.Cancel(); }, cancellation: source.Token));
        Assert.Equal([1, 2, 3, 1], done);
    }

    [Fact]
    public void What_cannot_be_averaged_is_a_clear_error()
    {
        using var model = TinyModels.Make();
        string Error(int[][] texts, CaptureOptions? options = null) => Assert.Throws<ExperimentException>(() => ActivationMeans.Run(model, texts, options)).Message;
        Assert.Contains("no text to average", Error([]), StringComparison.Ordinal);
        Assert.Contains("Text 2 of 3: Token id 99", Error([[1], [99], [2]]), StringComparison.Ordinal);
        Assert.Contains("Text 1 of 1: The prompt is empty", Error([[]]), StringComparison.Ordinal);
        Assert.Contains("no position [6]: the longest text has positions 0 to 5", Error(Texts, new() { Positions = [6] }), StringComparison.Ordinal);
        Assert.Contains("heads 0 to 3", Error(Texts, new() { Heads = [4] }), StringComparison.Ordinal);
        Assert.Contains("Means of 4,800,000,000 numbers are too large", Error([[1], [.. Enumerable.Repeat(1, 20_000)]]), StringComparison.Ordinal);
    }

    private static (double Mean, double Low, double High) Estimate(double[] values)
    {
        var mean = values.Average();
        if (double.IsNegativeInfinity(mean))
        {
            return (mean, values.Length < 2 ? double.NaN : mean, values.Length < 2 ? double.NaN : mean);
        }

        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        var half = values.Length switch { 1 => double.NaN, 2 => TwoTexts, _ => ThreeTexts } * deviation / Math.Sqrt(values.Length);
        return (mean, mean - half, mean + half);
    }

    /// <summary>Indices of all entries, in the order of the array.</summary>
    private static IEnumerable<long[]> Places(IReadOnlyList<long> shape) =>
        shape.Aggregate((IEnumerable<long[]>)[[]], (places, size) => places.SelectMany(place => Enumerable.Range(0, (int)size).Select(index => (long[])[.. place, index])));

    /// <summary>An entry; null where the text is too short to have it.</summary>
    private static double? At(CapturedTensor part, long[] place) => place.Zip(part.Shape).All(pair => pair.First < pair.Second)
        ? part.Values[place.Zip(part.Shape).Aggregate(0L, (offset, pair) => (offset * pair.Second) + pair.First)]
        : null;

    private static void Equal(IEnumerable<double> expected, IEnumerable<float> actual) => Assert.All(
        expected.Zip(actual),
        pair => Assert.True(pair.First.Equals(pair.Second) || Math.Abs(pair.First - pair.Second) < 1e-5 * Math.Max(1, Math.Abs(pair.First)), $"{pair.Second} is not {pair.First}"));
}
