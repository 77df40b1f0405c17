using Experiments.Reporting;

namespace Experiments.Tests.Reporting;

public sealed class ColorMapTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Neighbouring_steps_can_be_told_apart(bool deuteranopia)
    {
        foreach (var map in new[] { ColorMap.Amount, ColorMap.Difference })
        {
            Assert.All(map.Stops.Zip(map.Stops.Skip(1)), pair => Assert.InRange(ColorVision.Distance(pair.First, pair.Second, deuteranopia), 5, 100));
        }
    }

    [Fact]
    public void In_grey_more_is_brighter_and_a_larger_difference_is_darker()
    {
        AssertRising([.. ColorMap.Amount.Stops.Select(ColorVision.Luminance)]);
        double[] differences = [.. ColorMap.Difference.Stops.Select(ColorVision.Luminance)];
        AssertRising(differences[..6]);
        AssertRising([.. differences[5..].Reverse()]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Losses_and_gains_of_equal_size_have_clearly_different_colours(bool deuteranopia) =>
        Assert.All(Enumerable.Range(0, 4), i => Assert.InRange(ColorVision.Distance(ColorMap.Difference.Stops[i], ColorMap.Difference.Stops[^(i + 1)], deuteranopia), 20, 300));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Series_can_be_told_apart(bool deuteranopia)
    {
        var pairs = from i in Enumerable.Range(0, ColorMap.Series.Length)
                    from j in Enumerable.Range(0, i)
                    select (One: ColorMap.Series[i], Other: ColorMap.Series[j]);
        Assert.All(pairs, pair => Assert.True(ColorVision.Distance(pair.One, pair.Other, deuteranopia) > 8, $"{pair}: {ColorVision.Distance(pair.One, pair.Other, deuteranopia)}"));
    }

    private static void AssertRising(double[] luminance) => Assert.All(luminance.Zip(luminance.Skip(1)), pair => Assert.True(pair.Second > pair.First * 1.1, $"{pair}"));
}
