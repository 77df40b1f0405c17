using System.CommandLine;
using Experiments.Notebooks;

namespace Experiments.Cli;

/// <summary>Values for notebook parameters: from files, from YAML text, one by one. The later of these wins.</summary>
internal sealed class RunParameters
{
    private const string Short = "-p";
    private const string Long = "--parameter";
    private readonly Option<string[]> _files = new("-f", "--parameters-file") { Description = "YAML or JSON file of parameters", HelpName = "FILE" };
    private readonly Option<string[]> _yaml = new("-y", "--parameters-yaml") { Description = "Parameters as YAML text: -y \"{alpha: 0.5, layers: [1, 2]}\"", HelpName = "YAML" };
    private readonly Option<string[]> _values = new(Short, Long) { Description = "Set a parameter: -p name value; stronger than -y, which is stronger than -f", HelpName = "NAME VALUE" };

    internal RunParameters(Command command)
    {
        foreach (var option in new Option[] { _values, _yaml, _files })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Makes one word of a name and its value, so that a value may look like an option, and a notebook may follow it.</summary>
    internal static string[] Join(string[] args)
    {
        var joined = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            joined.Add(args[i]);
            if (args[0] == "run" && args[i] is Short or Long && i + 1 < args.Length)
            {
                var isWhole = args[i + 1].Contains('=', StringComparison.Ordinal) || i + 2 == args.Length || args[i + 2].StartsWith("--", StringComparison.Ordinal);
                joined.Add(isWhole ? args[i + 1] : $"{args[i + 1]}={args[i + 2]}");
                i += isWhole ? 1 : 2;
            }
        }

        return [.. joined];
    }

    /// <summary>Name to value as text.</summary>
    internal Dictionary<string, string> Values(ParseResult parsed)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var source in (parsed.GetValue(_files) ?? []).Select(ParameterFile.Load).Concat((parsed.GetValue(_yaml) ?? []).Select(text => ParameterFile.Parse(text, "-y"))))
            {
                foreach (var (name, value) in source)
                {
                    values[name] = value;
                }
            }
        }
        catch (NotebookException e)
        {
            throw new UsageException(e.Message);
        }

        foreach (var pair in (parsed.GetValue(_values) ?? []).Select(word => word.Split('=', 2)))
        {
            values[pair[0]] = pair.Length == 2 ? pair[1] : throw new UsageException($"-p takes a name and a value: -p {pair[0]} 0.5.");
        }

        return values;
    }
}
