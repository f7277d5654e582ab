using System.Runtime.InteropServices;

namespace Waymark.Lab.Control;

/// <summary>
/// Starts this program again in namespaces of its own, where it may make others: a .NET process has threads, and the kernel lets no such process change its user
/// namespace (unshare(2)). Everything ends with it, also after kill -9: the namespaces are named in a mount that only it sees.
/// </summary>
public static partial class OwnNamespaces
{
    private const string Mark = "WAYMARK_LAB_INSIDE";

    /// <summary>Whether this is the second start.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Mark) == "1";

    /// <summary>Replaces this process by the second start; returns only where that failed, with <see cref="LabException"/>.</summary>
    /// <param name="arguments">Of the program.</param>
    public static void Enter(IEnumerable<string> arguments)
    {
        const string Prepare = "mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up && exec \"$@\"";
        var isRoot = Environment.IsPrivilegedProcess;
        Environment.SetEnvironmentVariable(Mark, "1");
        Environment.SetEnvironmentVariable("WAYMARK_LAB", LabClient.Socket);
        Replace(["unshare", .. isRoot ? Array.Empty<string>() : ["--user", "--map-root-user"], "--net", "--mount", "--propagation", "private", "--",
            "env", $"{Mark}=1", $"WAYMARK_LAB={LabClient.Socket}", "sh", "-c", Prepare, "sh", Environment.ProcessPath!, .. arguments]);
        throw new LabException($"'unshare' cannot be started: {Marshal.GetLastPInvokeErrorMessage()}; install util-linux");
    }

    /// <summary>Replaces this process by a program in a node of the lab whose process is <paramref name="lab"/>; returns only where that failed.</summary>
    public static void EnterNode(int lab, string node, IEnumerable<string> command)
    {
        var isRoot = Environment.IsPrivilegedProcess;
        Replace(["nsenter", "--target", lab.ToString(System.Globalization.CultureInfo.InvariantCulture), .. isRoot ? Array.Empty<string>() : ["--user", "--preserve-credentials"], "--mount", "--net", $"--wd={Environment.CurrentDirectory}", "--",
            "ip", "netns", "exec", node, .. command]);
        throw new LabException($"'nsenter' cannot be started: {Marshal.GetLastPInvokeErrorMessage()}; install util-linux");
    }

    private static unsafe void Replace(string[] arguments)
    {
        var texts = new nint[arguments.Length + 1];
        for (var i = 0; i < arguments.Length; i++)
        {
            texts[i] = Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }
        fixed (nint* start = texts)
        {
            // On success nothing below is ever reached, and nothing has to be freed.
            _ = Execute((byte*)texts[0], (byte**)start);
        }
    }

    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static unsafe partial int Execute(byte* program, byte** arguments);
}
