using System.Diagnostics;

namespace Waymark.Benchmarks;

/// <summary>The built <c>waymarkd</c> in this namespace or another, with a node file and policies of its own.</summary>
internal sealed class RunningDaemon : IDisposable
{
    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("waymark-bench-").FullName;
    private readonly string? @namespace;
    private readonly Process process;

    public RunningDaemon(string node, string policies, string? @namespace = null)
    {
        this.@namespace = @namespace;
        System.IO.File.WriteAllText($"{directory}/node.way", node);
        System.IO.Directory.CreateDirectory($"{directory}/policy.d");
        System.IO.File.WriteAllText($"{directory}/policy.d/bench.way", policies);
        var (program, arguments) = Within(Program("waymarkd"), "--node-file", $"{directory}/node.way", "--policy-directory", $"{directory}/policy.d", "--state-directory", $"{directory}/state", "--socket", Socket);
        process = Process.Start(new ProcessStartInfo(program, arguments)
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>Where it answers.</summary>
    public string Socket => $"{directory}/socket";

    /// <summary>Waits until it has measured so many paths.</summary>
    public void AwaitMeasured(int paths) => Await(said => said.Split("\"rtt\"").Length - 1 >= paths, "get", "paths", "-o", "json");

    /// <summary>Waits until the kernel follows it, and requesters of other hosts can call.</summary>
    public void AwaitListening() => Await(said => said.Contains("KERNEL_STATE_IN_STEP", StringComparison.Ordinal) && said.Contains("\"isListening\": true", StringComparison.Ordinal), "status", "-o", "json");

    /// <summary>Resident memory in MB (10^6 bytes).</summary>
    public double Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>Share of one core that it used over <paramref name="time"/>, in percent.</summary>
    public double Load(TimeSpan time)
    {
        process.Refresh();
        var before = process.TotalProcessorTime;
        new ManualResetEventSlim().Wait(time);
        process.Refresh();
        return 100 * (process.TotalProcessorTime - before) / time;
    }

    /// <summary>Waits until what the command line says of it is so.</summary>
    public void Await(Func<string, bool> isSo, params string[] arguments)
    {
        using var rest = new ManualResetEventSlim();
        while (!IsSo())
        {
            rest.Wait(TimeSpan.FromMilliseconds(100));
        }

        bool IsSo()
        {
            try
            {
                return isSo(Uplinks.Run(Program("waymark"), null, ["--socket", Socket, .. arguments]));
            }
            catch (InvalidOperationException) when (!process.HasExited)
            {
                // Its socket is not there yet.
                return false;
            }
        }
    }

    /// <summary>The path of a built program.</summary>
    public static string Program(string name) => $"{Environment.GetEnvironmentVariable("WAYMARK_ROOT")}/out/{name}";

    /// <summary>Ends it and takes what it left from the kernel.</summary>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        var (program, arguments) = Within(Program("waymarkd"), "erase");
        Uplinks.Run(program, null, arguments);
        System.IO.Directory.Delete(directory, recursive: true);
    }

    private (string Program, string[] Arguments) Within(string program, params string[] arguments) =>
        @namespace is null ? (program, arguments) : ("ip", ["netns", "exec", @namespace, program, .. arguments]);
}
