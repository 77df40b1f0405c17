using Experiments.Cli;

namespace Experiments.Tests.Cli;

/// <summary>Runs the program in this process. Tests that do belong to the collection "console".</summary>
internal static class CommandLine
{
    internal static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        var (output, error, previousOutput, previousError) = (new StringWriter(), new StringWriter(), Console.Out, Console.Error);
        Console.SetOut(output);
        Console.SetError(TextWriter.Synchronized(error));
        try
        {
            return (await Program.Main(args), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(previousOutput);
            Console.SetError(previousError);
        }
    }
}
