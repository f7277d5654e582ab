using System.Diagnostics;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>The built daemon in the node of a <see cref="World"/>, with folders of its own, and the command line that asks it.</summary>
internal sealed class DaemonProcess : IDisposable
{
    private readonly World world;
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private Process? process;

    public DaemonProcess(World world)
    {
        this.world = world;
        // Other users may ask it too.
        Shell.Run($"chmod 755 {folder}");
        System.IO.Directory.CreateDirectory(In("policy.d"));
        System.IO.Directory.CreateDirectory(In("state"));
        // Nobody is probed: a path is as good as its link. What is held down after its second fall would spare the tests the others.
        Write("node.way", "probe default { none; } hold-down { penalty 0; } forward { from interface l0; masquerade; }");
    }

    private static string Root { get; } = Environment.GetEnvironmentVariable("WAYMARK_ROOT") ?? throw new InvalidOperationException("Run these by ./test, which names the repository.");

    /// <summary>Whether it runs.</summary>
    public bool IsAlive => process is { HasExited: false };

    /// <summary>Everything that it has logged, in all its lives.</summary>
    public string Logged => System.IO.File.Exists(In("log")) ? System.IO.File.ReadAllText(In("log")) : "";

    /// <summary>A file of the test's own folder.</summary>
    public string In(string name) => System.IO.Path.Combine(folder, name);

    public void Write(string name, string text) => System.IO.File.WriteAllText(In(name), text);

    /// <summary>Starts it and returns at once; <paramref name="environment"/>, the command that it stands <paramref name="behind"/> and further <paramref name="options"/> in the shell's words.</summary>
    public void Start(string environment = "", string behind = "", string options = "")
    {
        // A program that was started with a hangup ignored, as by nohup, goes on ignoring it, and so do those that it starts.
        process = Process.Start("ip", ["netns", "exec", world.NodeName, "/bin/sh", "-c",
            $"{environment} exec env --default-signal=HUP {behind} {Program("waymarkd")} --node-file {In("node.way")} --policy-directory {In("policy.d")} --state-directory {In("state")} --socket {In("sock")} {options} >> {In("log")} 2>&1"]);
    }

    /// <summary>Starts it and waits until it enforces what it has decided.</summary>
    public void StartUp(string environment = "", string behind = "", string options = "")
    {
        Start(environment, behind, options);
        Assert.True(Eventually(() => TryAsk("status -o json") is (0, var text) && text.Contains("KERNEL_STATE_IN_STEP", StringComparison.Ordinal)), $"the daemon does not come up:\n{Logged}{TryAsk("status -o json").Text}");
    }

    /// <summary>Waits until it has ended by itself; its exit code.</summary>
    public int WaitForExit()
    {
        Assert.True(process!.WaitForExit(TimeSpan.FromSeconds(15)), $"the daemon goes on:\n{Logged}");
        var code = process.ExitCode;
        process.Dispose();
        process = null;
        return code;
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(string signal) => Shell.Run($"kill -{signal} {process!.Id}");

    /// <summary>Sends it a signal and waits for its end.</summary>
    public void Stop(string signal)
    {
        if (process is not null)
        {
            Shell.Try($"kill -{signal} {process.Id}");
            WaitForExit();
        }
    }

    public string Ask(string arguments) => TryAsk(arguments) is (0, var text) ? text : throw new InvalidOperationException($"'waymark {arguments}' failed: {TryAsk(arguments).Text}\n{Logged}");

    /// <summary>As <see cref="Ask"/>, whatever comes of it.</summary>
    /// <param name="arguments">Of the command line.</param>
    /// <param name="user">Who asks; root where nobody is named.</param>
    public (int Code, string Text) TryAsk(string arguments, int user = 0) => Shell.Try($"ip netns exec {world.NodeName} {(user == 0 ? "" : $"setpriv --reuid {user} --regid {user} --clear-groups ")}timeout 20 {Program("waymark")} --socket {In("sock")} {arguments}");

    /// <summary>Runs another command of the daemon's program.</summary>
    public (int Code, string Text) Run(string command) =>
        Shell.Try($"ip netns exec {world.NodeName} {Program("waymarkd")} {command} --node-file {In("node.way")} --policy-directory {In("policy.d")} --state-directory {In("state")} --socket {In("sock")}");

    public void Dispose()
    {
        Stop("KILL");
        System.IO.Directory.Delete(folder, recursive: true);
    }

    /// <summary>Whether a condition comes true within 15 s.</summary>
    public static bool Eventually(Func<bool> condition)
    {
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15);)
        {
            if (condition())
            {
                return true;
            }
            Shell.Run("sleep 0.05");
        }
        return false;
    }

    /// <summary>A built program.</summary>
    public static string Program(string name) => System.IO.Path.Combine(Root, "out", name);
}
