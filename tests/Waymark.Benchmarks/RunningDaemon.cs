using System.Diagnostics;

namespace Waymark.Benchmarks;

/// <summary>The built <c>waymarkd</c> in this namespace, with a node file and policies of its own.</summary>
internal sealed class RunningDaemon : IDisposable
{
    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("waymark-bench-").FullName;
    private readonly Process process;

    public RunningDaemon(string node, string policies)
    {
        System.IO.File.WriteAllText($"{directory}/node.way", node);
        System.IO.Directory.CreateDirectory($"{directory}/policy.d");
        System.IO.File.WriteAllText($"{directory}/policy.d/bench.way", policies);
        process = Process.Start(new ProcessStartInfo(Program("waymarkd"),
            ["--node-file", $"{directory}/node.way", "--policy-directory", $"{directory}/policy.d", "--state-directory", $"{directory}/state", "--socket", $"{directory}/socket"])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>Waits until it has measured so many paths.</summary>
    public void AwaitMeasured(int paths)
    {
        using var rest = new ManualResetEventSlim();
        while (Measured() < paths)
        {
            rest.Wait(TimeSpan.FromMilliseconds(100));
        }

        int Measured()
        {
            try
            {
                return Uplinks.Run(Program("waymark"), null, "--socket", $"{directory}/socket", "get", "paths", "-o", "json").Split("\"rtt\"").Length - 1;
            }
            catch (InvalidOperationException) when (!process.HasExited)
            {
                // It does not listen yet.
                return 0;
            }
        }
    }

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

    /// <summary>The path of a built program.</summary>
    public static string Program(string name) => $"{Environment.GetEnvironmentVariable("WAYMARK_ROOT")}/out/{name}";

    /// <summary>Ends it and takes what it left from the kernel.</summary>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Uplinks.Run(Program("waymarkd"), null, "erase");
        System.IO.Directory.Delete(directory, recursive: true);
    }
}
