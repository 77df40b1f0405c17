using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Experiments.Tests.Models;
using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Evaluation;

/// <summary>A real Slurm on this machine: munge, controller and one node of two processors, with a configuration of their own.</summary>
internal sealed class SlurmCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly TemporaryFolder _folder = new();

    internal SlurmCluster()
    {
        JupyterClients.Need("sbatch", "slurmctld", "slurmd", "munged");
        var (host, port) = (System.Net.Dns.GetHostName().Split('.')[0], Random.Shared.Next(20_000, 30_000));
        foreach (var name in new[] { "state", "spool" })
        {
            Directory.CreateDirectory(_folder.File(name));
        }

        System.IO.File.WriteAllBytes(_folder.File("munge.key"), RandomNumberGenerator.GetBytes(1024));
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(_folder.File("munge.key"), UnixFileMode.UserRead); // or munged refuses it
        }

        _folder.Write("slurm.conf", string.Create(CultureInfo.InvariantCulture, $"""
            ClusterName=experiments
            SlurmctldHost={host}(127.0.0.1)
            SlurmUser=root
            AuthInfo=socket={_folder.File("munge.socket")},cred_expire=5
            SlurmctldPort={port}
            SlurmdPort={port + 1}
            StateSaveLocation={_folder.File("state")}
            SlurmdSpoolDir={_folder.File("spool")}
            SlurmctldPidFile={_folder.File("slurmctld.pid")}
            SlurmdPidFile={_folder.File("slurmd.pid")}
            SlurmctldLogFile={_folder.File("slurmctld.log")}
            SlurmdLogFile={_folder.File("slurmd.log")}
            ProctrackType=proctrack/pgid
            TaskPlugin=task/none
            MailProg=/bin/true
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            ReturnToService=2
            SchedulerParameters=sched_interval=2,bf_interval=2
            NodeName={host} NodeAddr=127.0.0.1 CPUs={Environment.ProcessorCount} State=UNKNOWN
            PartitionName=test Nodes=ALL Default=YES State=UP

            """));
        Run("munged", "--force", $"--key-file={_folder.File("munge.key")}", $"--socket={_folder.File("munge.socket")}", $"--pid-file={_folder.File("munged.pid")}", $"--log-file={_folder.File("munged.log")}", $"--seed-file={_folder.File("munged.seed")}");
        Run("slurmctld", "-f", _folder.File("slurm.conf"));
        Run("slurmd", "-f", _folder.File("slurm.conf"));
        WaitFor("an idle node", () => Run("sinfo", "--noheader", "--format=%T").Contains("idle", StringComparison.Ordinal));
    }

    internal string File(string name) => _folder.File(name);

    /// <summary>Runs a program that sees this cluster, and returns what it prints.</summary>
    internal string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(JupyterClients.Find(program) ?? program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_CONF"] = _folder.File("slurm.conf");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        Assert.True(process.WaitForExit(Patience), $"{program} does not end.");
        Assert.True(process.ExitCode == 0, $"{program}: {error.Result}");
        return output.Result;
    }

    /// <summary>Waits until something holds.</summary>
    internal void WaitFor(string what, Func<bool> holds)
    {
        for (var clock = Stopwatch.StartNew(); !holds(); Thread.Sleep(100))
        {
            Assert.True(clock.Elapsed < Patience, $"No {what} after {Patience.TotalMinutes} minutes: {Run("squeue")}");
        }
    }

    public void Dispose()
    {
        foreach (var name in new[] { "slurmd", "slurmctld", "munged" }.Where(name => System.IO.File.Exists(_folder.File(name + ".pid"))))
        {
            try
            {
                using var daemon = Process.GetProcessById(int.Parse(System.IO.File.ReadAllText(_folder.File(name + ".pid")), CultureInfo.InvariantCulture));
                daemon.Kill(entireProcessTree: true);
                daemon.WaitForExit(Patience);
            }
            catch (ArgumentException)
            {
                // It has ended by itself.
            }
        }

        _folder.Dispose();
    }
}
