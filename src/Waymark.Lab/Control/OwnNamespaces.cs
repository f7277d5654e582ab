using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Waymark.Lab.Control;

/// <summary>
/// Starts this program again in namespaces of its own, where it may make others: a .NET process has threads, and the kernel lets no such process change its user
/// namespace (unshare(2)). Everything ends with it, also after kill -9: the namespaces are named in a mount that only it sees.
/// </summary>
public static partial class OwnNamespaces
{
    private const string Mark = "WAYMARK_LAB_INSIDE";
    private const int Interrupt = 2, Terminate = 15;

    /// <summary>A signal goes over a pipe and a thread of the runtime before anybody is told.</summary>
    private static readonly TimeSpan SignalsUnderWay = TimeSpan.FromMilliseconds(50);

    private const string Prepare = "mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up";

    /// <summary>Whether this is the second start.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Mark) == "1";

    /// <summary>Where programs are looked for: behind the user's own folders those of the system's, which ordinary users of Debian do not have.</summary>
    private static string SearchPath => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/sbin:/usr/sbin:/sbin";

    /// <summary>Replaces this process by the second start; returns only where that failed, with <see cref="LabException"/>.</summary>
    /// <param name="arguments">Of the program.</param>
    /// <param name="cancellationToken">Gives up before anything is replaced.</param>
    public static async Task EnterAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await TryOutAsync(cancellationToken);
        // From here on Ctrl-C ends this process by itself, as nothing is made yet. What came before is still on its way to the token: a replacement would lose it.
        TakeDefault(Interrupt, 0);
        TakeDefault(Terminate, 0);
        await Task.Delay(SignalsUnderWay, cancellationToken);
        Replace([.. Unshare(), "env", $"{Mark}=1", $"WAYMARK_LAB={LabClient.Socket}", $"PATH={SearchPath}", "sh", "-c", $"{Prepare} && exec \"$@\"", "sh", Environment.ProcessPath!, .. arguments]);
        throw Missing("unshare", Marshal.GetLastPInvokeErrorMessage());
    }

    /// <summary>Replaces this process by a program in a node of the lab whose process is <paramref name="lab"/>; returns only where that failed.</summary>
    public static void EnterNode(int lab, string node, IEnumerable<string> command)
    {
        Replace(["nsenter", "--target", lab.ToString(CultureInfo.InvariantCulture), .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--user", "--preserve-credentials"], "--mount", "--net", $"--wd={Environment.CurrentDirectory}", "--",
            "ip", "netns", "exec", node, "env", .. LabProcesses.Marks(LabClient.Socket), .. command]);
        throw Missing("nsenter", Marshal.GetLastPInvokeErrorMessage());
    }

    private static string[] Unshare() =>
        ["unshare", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--user", "--map-root-user"], "--net", "--mount", "--propagation", "private", "--"];

    /// <summary>Does it once in a process that ends at once: after the replacement nobody is left who could say what went wrong.</summary>
    private static async Task TryOutAsync(CancellationToken cancellationToken)
    {
        string[] command = [.. Unshare(), "env", $"PATH={SearchPath}", "sh", "-c", Prepare];
        try
        {
            using var trial = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true })!;
            var said = await trial.StandardError.ReadToEndAsync(cancellationToken);
            await trial.WaitForExitAsync(cancellationToken);
            if (trial.ExitCode != 0)
            {
                throw said.Contains("ip: not found", StringComparison.Ordinal) ? Missing("ip", said.Trim())
                    : new LabException(NamespaceRefusal.Explain(Environment.IsPrivilegedProcess, said.Trim(), Knob));
            }
        }
        catch (Win32Exception failed)
        {
            throw Missing("unshare", failed.Message);
        }
    }

    private static string? Knob(string name)
    {
        try
        {
            return System.IO.File.ReadAllText($"/proc/sys/{name}");
        }
        catch (Exception absent) when (absent is System.IO.IOException or UnauthorizedAccessException)
        {
            // This kernel has no such knob.
            return null;
        }
    }

    /// <summary>What to say where a program of the system is not there.</summary>
    internal static LabException Missing(string program, string said) =>
        new($"'{program}' cannot be started ({said}): install {program switch { "ip" => "iproute2", "nft" => "nftables", _ => "util-linux" }}");

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

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint TakeDefault(int signal, nint standard);

    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static unsafe partial int Execute(byte* program, byte** arguments);
}
