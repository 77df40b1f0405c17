using System.ComponentModel;
using System.Diagnostics;

namespace Experiments.Runs;

/// <summary>Asks the installed git which commit a folder is at.</summary>
internal static class GitHistory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The commit of <paramref name="folder"/>, or null without git, outside a repository, or before the first commit.</summary>
    public static GitCommit? CommitOf(string folder)
    {
        if (Ask(folder, "rev-parse", "HEAD") is not { Length: > 0 } id)
        {
            return null;
        }

        // What runs write themselves says nothing about the code they ran.
        var changes = Ask(folder, "status", "--porcelain", "--", ":/", ":(top,exclude)results");
        return new GitCommit(id, Dirty: changes is not "");
    }

    private static string? Ask(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var answer = git.StandardOutput.ReadToEndAsync();
            if (!answer.Wait(Patience) || !git.WaitForExit(Patience))
            {
                git.Kill();
                return null;
            }

            return git.ExitCode == 0 ? answer.Result.Trim() : null;
        }
        catch (Exception e) when (e is Win32Exception or IOException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
