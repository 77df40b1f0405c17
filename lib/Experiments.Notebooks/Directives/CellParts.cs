using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Experiments.Notebooks.Directives;

/// <summary>Takes a cell apart at the directives that .NET Interactive's notebooks use.</summary>
internal static partial class CellParts
{
    private const string CSharp = "csharp";
    private static readonly Dictionary<string, string> Languages = new(StringComparer.OrdinalIgnoreCase)
    {
        [CSharp] = CSharp,
        ["c#"] = CSharp,
        ["markdown"] = "text/markdown",
        ["html"] = "text/html",
        ["meta"] = "", // the head of a .dib file
    };

    /// <summary>The parts of a cell, in order; directives stand before the code that they are written in.</summary>
    /// <exception cref="CellCompilationException">A directive is unknown or incomplete.</exception>
    internal static IReadOnlyList<CellPart> Of(string code, string cell)
    {
        if (!Candidate().IsMatch(code))
        {
            return [new CodePart(1, code)];
        }

        var parts = new List<CellPart>();
        var lines = code.Split('\n');
        var (language, start) = (CSharp, 0);
        var kept = new string[lines.Length];
        Array.Fill(kept, "");
        for (var line = 0; line < lines.Length; line++)
        {
            var text = lines[line].Trim();
            if (text.StartsWith("#!", StringComparison.Ordinal) && Languages.TryGetValue(text[2..], out var next) && !(language == CSharp && InsideLiteral(lines, line)))
            {
                Flush(parts, language, kept, start, line);
                (language, start) = (next, line + 1);
            }
            else if (language == CSharp && Candidate().IsMatch(text) && !InsideLiteral(lines, line))
            {
                parts.Add(Directive(text, cell, line + 1));
            }
            else
            {
                kept[line] = lines[line];
            }
        }

        Flush(parts, language, kept, start, lines.Length);
        return parts;
    }

    private static void Flush(List<CellPart> parts, string language, string[] lines, int start, int end)
    {
        if (!lines[start..end].Any(line => line.Trim().Length > 0) || language.Length == 0)
        {
            return;
        }

        parts.Add(language == CSharp
            ? new CodePart(start + 1, new string('\n', start) + string.Join('\n', lines[start..end]))
            : new TextPart(start + 1, language, string.Join('\n', lines[start..end]).Trim('\n')));
    }

    private static CellPart Directive(string text, string cell, int line)
    {
        if (Package().Match(text) is { Success: true } package)
        {
            var version = package.Groups["version"] is { Success: true } given ? given.Value : "*";
            return package.Groups["what"].Value == "r" ? new PackagePart(line, package.Groups["id"].Value, version) : new SourcePart(line, package.Groups["id"].Value);
        }

        var words = text.Split((char[])[' ', '\t'], 2, StringSplitOptions.TrimEntries);
        var argument = words.Length == 2 ? words[1].Trim('"') : "";
        return words[0] switch
        {
            "#!time" => new TimePart(line),
            "#!import" or "#load" or "#!load" => argument.Length > 0 ? new ImportPart(line, argument) : throw Failure(cell, line, $"{words[0]} needs a file: {words[0]} \"helpers.ipynb\"."),
            "#r" or "#i" => throw Failure(cell, line, $"'{text}' is not understood. Write {words[0]} \"nuget: {(words[0] == "#r" ? "Id, version" : "source")}\"."),
            _ => throw Failure(cell, line, $"'{words[0]}' is not known here. Known: #!csharp, #!markdown, #!html, #!time, #!import, #load, #r, #i. Other languages of .NET Interactive do not run here."),
        };
    }

    internal static CellCompilationException Failure(string cell, int line, string what) =>
        new(new CellError("DirectiveError", $"{cell}:line {line}: {what}", [$"{cell}:line {line}: {what}"]));

    /// <summary>Whether a line begins inside a string or comment that began before it.</summary>
    private static bool InsideLiteral(string[] lines, int line)
    {
        var position = lines[..line].Sum(text => text.Length + 1);
        var root = CSharpSyntaxTree.ParseText(string.Join('\n', lines), new CSharpParseOptions(kind: SourceCodeKind.Script)).GetRoot();
        var token = root.FindToken(position);
        var trivia = root.FindTrivia(position);
        return (token.Span.Start < position && token.Span.End > position) || (trivia.IsKind(SyntaxKind.MultiLineCommentTrivia) && trivia.SpanStart < position);
    }

    [GeneratedRegex("""^[ \t]*(#!|#load\b|#i[ \t]|#r[ \t]+"?nuget\b|%%[a-z])""", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Candidate();

    [GeneratedRegex("""^#(?<what>[ri])\s+"\s*nuget\s*:\s*(?<id>[^",]+?)\s*(,\s*(?<version>[^",]+?)\s*)?"$""", RegexOptions.IgnoreCase)]
    private static partial Regex Package();
}
