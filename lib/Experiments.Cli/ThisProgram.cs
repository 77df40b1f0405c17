namespace Experiments.Cli;

/// <summary>The command that runs this program again.</summary>
internal static class ThisProgram
{
    /// <summary>Its executable, or the .NET host and its assembly where there is none.</summary>
    internal static string[] Command
    {
        get
        {
            var assembly = typeof(ThisProgram).Assembly.Location;
            var executable = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
            return File.Exists(executable) ? [executable] : [Environment.ProcessPath!, assembly];
        }
    }
}
