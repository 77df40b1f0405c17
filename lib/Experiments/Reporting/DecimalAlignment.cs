using System.Text.RegularExpressions;

namespace Experiments.Reporting;

/// <summary>Finds what numbers lack so that, set under each other, their decimal points stand in one line.</summary>
internal static partial class DecimalAlignment
{
    /// <summary>Signs of the room to leave free on each side of each number.</summary>
    /// <param name="numbers">Numbers as they are shown; what is none, such as a dash, gets no room.</param>
    /// <returns>For <c>5%</c> beside <c>−12.25</c> on the left <c>−0</c>, on the right <c>.00</c>; for <c>−12.25</c> on the right <c>%</c>.</returns>
    public static IReadOnlyList<(string Left, string Right)> Room(IEnumerable<string> numbers)
    {
        var parts = numbers.Select(number => Number().Match(number)).ToList();
        string Longest(string part) => parts.Select(match => match.Groups[part].Value).MaxBy(text => text.Length) ?? "";
        var (sign, whole, fraction, percent) = (Longest("sign"), Longest("whole"), Longest("fraction"), Longest("percent"));
        return parts.ConvertAll(match => !match.Success
            ? ("", "")
            : (Beyond(sign, match.Groups["sign"]) + Zeros(whole[..(whole.Length - match.Groups["whole"].Length)]),
                Zeros(fraction[match.Groups["fraction"].Length..]) + Beyond(percent, match.Groups["percent"])));
    }

    private static string Beyond(string longest, Group own) => own.Length == 0 ? longest : "";

    /// <summary>All digits are equally wide.</summary>
    private static string Zeros(string digits) => string.Concat(digits.Select(c => char.IsAsciiDigit(c) ? '0' : c));

    [GeneratedRegex("^(?=.*[0-9])(?<sign>[^0-9.]*)(?<whole>[0-9,]*)(?<fraction>(\\.[0-9]*)?)(?<percent>%?)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
