using SkiaSharp;

namespace Experiments.Tests.Reporting;

/// <summary>How people see colours: contrast by WCAG, and deuteranopia as Machado, Oliveira and Fernandes (2009) model it.</summary>
internal static class ColorVision
{
    private static readonly double[][] Deuteranopia = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
    private static readonly double[][] ToXyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]];

    /// <summary>Contrast of two colours, 1 to 21.</summary>
    public static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one) + 0.05, Luminance(other) + 0.05);
        return Math.Max(a, b) / Math.Min(a, b);
    }

    /// <summary>Relative luminance, 0 to 1: what is left in grey.</summary>
    public static double Luminance(string color) => Product(ToXyz, Linear(color))[1];

    /// <summary>CIE 1976 distance of two colours; about 2.3 is just noticeable.</summary>
    /// <param name="one">A colour.</param>
    /// <param name="other">Another.</param>
    /// <param name="deuteranopia">Seen without the receptors for medium wavelengths.</param>
    public static double Distance(string one, string other, bool deuteranopia)
    {
        double[] Seen(string color) => Lab(deuteranopia ? [.. Product(Deuteranopia, Linear(color)).Select(c => Math.Clamp(c, 0, 1))] : Linear(color));
        return Math.Sqrt(Seen(one).Zip(Seen(other), (a, b) => (a - b) * (a - b)).Sum());
    }

    private static double[] Linear(string color)
    {
        var c = SKColor.Parse(color);
        return [.. new[] { c.Red, c.Green, c.Blue }.Select(v => v / 255.0).Select(v => v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4))];
    }

    private static double[] Lab(double[] linear)
    {
        double[] white = [0.95047, 1, 1.08883];
        var f = Product(ToXyz, linear).Zip(white, (v, w) => v / w).Select(t => t > 216.0 / 24389 ? Math.Cbrt(t) : ((24389.0 / 27 * t) + 16) / 116).ToArray();
        return [(116 * f[1]) - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])];
    }

    private static double[] Product(double[][] matrix, double[] vector) => [.. matrix.Select(row => row.Zip(vector, (a, b) => a * b).Sum())];
}
