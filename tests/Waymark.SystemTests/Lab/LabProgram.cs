using System.Diagnostics;
using System.Text;

namespace Waymark.SystemTests.Lab;

/// <summary>The built <c>waymark</c>, run by an ordinary user in a folder that is open to it.</summary>
internal sealed class LabProgram : IDisposable
{
    /// <summary>Who runs it: a user of whom no system knows anything, with no right.</summary>
    public const string User = "setpriv --reuid 61234 --regid 61234 --clear-groups --inh-caps=-all";

    private static readonly string Built = System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("WAYMARK_ROOT") ?? throw new InvalidOperationException("Run these by ./test, which names the repository."), "out", "waymark");

    private readonly StringBuilder printed = new();
    private Process? lab;

    public LabProgram()
    {
        // The repository may lie where only its owner reads.
        System.IO.File.Copy(Built, In("waymark"));
        System.IO.Directory.CreateDirectory(In("socket"));
        Shell.Run($"chmod 755 {Folder} {In("waymark")}; chmod 777 {In("socket")}");
    }

    /// <summary>The test's own.</summary>
    public string Folder { get; } = System.IO.Directory.CreateTempSubdirectory("waymark-lab-test-").FullName;

    /// <summary>The process of the running lab.</summary>
    public int Id => lab!.Id;

    /// <summary>Everything that the lab has printed in its present life.</summary>
    public string Printed
    {
        get
        {
            lock (printed)
            {
                return printed.ToString();
            }
        }
    }

    /// <summary>A file of the test's own folder.</summary>
    public string In(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>Starts <c>lab up</c> as the leader of a process group of its own, as shells do, and returns at once.</summary>
    public void Start(string file = "")
    {
        lock (printed)
        {
            printed.Clear();
        }
        lab?.Dispose();
        lab = new Process { StartInfo = new("setsid", ["sh", "-c", $"exec {Environed($"{User} {In("waymark")} lab up {file}")} 2>&1"]) { RedirectStandardOutput = true } };
        lab.OutputDataReceived += (_, line) =>
        {
            lock (printed)
            {
                printed.AppendLine(line.Data);
            }
        };
        lab.Start();
        lab.BeginOutputReadLine();
    }

    /// <summary>As <see cref="Start"/>, and waits until it is up.</summary>
    public void StartUp(string file = "")
    {
        Start(file);
        Assert.True(Faults.DaemonProcess.Eventually(() => Printed.Contains("ends it.", StringComparison.Ordinal)), $"the lab does not come up:\n{Printed}");
    }

    /// <summary>Runs <c>waymark lab ...</c> to its end.</summary>
    public (int Code, string Text) Lab(string arguments) => Shell.Try($"cd {Folder} && {Environed($"{User} {In("waymark")} lab {arguments}")}");

    /// <summary>Runs it behind another command, that gives it other rights.</summary>
    public (int Code, string Text) LabBehind(string command, string arguments) => Shell.Try($"cd {Folder} && {Environed($"{command} '{In("waymark")} lab {arguments}'")}");

    /// <summary>Waits until the lab has ended by itself; its exit code.</summary>
    public int WaitForExit()
    {
        Assert.True(lab!.WaitForExit(TimeSpan.FromSeconds(15)), $"the lab goes on:\n{Printed}");
        // What is still in the pipe.
        lab.WaitForExit();
        return lab.ExitCode;
    }

    public void Dispose()
    {
        if (lab is { HasExited: false })
        {
            lab.Kill();
            lab.WaitForExit();
        }
        lab?.Dispose();
        System.IO.Directory.Delete(Folder, recursive: true);
    }

    private string Environed(string command) => $"env -u WAYMARK_LAB_INSIDE WAYMARK_LAB={In("socket/control")} {command}";
}
