using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace Waymark.Daemon;

/// <summary>
/// Lets a test end or stop this process between any two changes of the kernel. Without the variable, which is nowhere documented for users, it is not there. With it, the
/// file that it names is asked at each point: while it says <c>kill N</c> the N-th point from then on is the last thing that the process does, as if by SIGKILL; while
/// it says <c>hang N</c> the process goes no further there until the file is gone; while it says <c>fail N</c> the point is a bug.
/// </summary>
internal sealed class FaultPoint
{
    private const string Variable = "WAYMARKD_FAULTS";

    private readonly string file;
    private int passed;

    private FaultPoint(string file) => this.file = file;

    /// <summary>What the installer calls at each point; null where nobody asked for faults.</summary>
    public static Action<int>? FromEnvironment() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? new FaultPoint(file).Pass : null;

    private void Pass(int step)
    {
        if (!File.Exists(file) || File.ReadAllText(file).Split(' ') is not [var what, var number] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
        {
            passed = 0;
            return;
        }
        if (++passed != last)
        {
            return;
        }
        if (what == "kill")
        {
            Process.GetCurrentProcess().Kill();
        }
        if (what == "fail")
        {
            throw new InvalidOperationException($"A fault was asked for at point {step}.");
        }
        using var never = new ManualResetEventSlim();
        while (File.Exists(file))
        {
            never.Wait(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }
}
