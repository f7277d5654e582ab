using System.Diagnostics;
using Waymark.Linux.Netlink;

namespace Waymark.SystemTests;

/// <summary>A network namespace of one test; gone with it.</summary>
internal sealed class TestNamespace : IDisposable
{
    private static int count;

    public TestNamespace(string word)
    {
        Name = $"{word}{Interlocked.Increment(ref count)}";
        Shell.Run($"ip netns add {Name}");
        Network = NetworkNamespace.Open(Name);
        Ip("link set lo up");
    }

    public string Name { get; }

    public NetworkNamespace Network { get; }

    /// <summary>Runs <c>ip</c> in the namespace.</summary>
    public string Ip(string arguments) => Shell.Run($"ip -n {Name} {arguments}");

    /// <summary>Runs a command line in the namespace.</summary>
    public string Run(string command) => Shell.Run($"ip netns exec {Name} {command}");

    /// <summary>Lays a cable between two namespaces.</summary>
    public void Connect(string device, TestNamespace other, string otherDevice)
    {
        Shell.Run($"ip link add {device} netns {Name} type veth peer name {otherDevice} netns {other.Name}");
        Ip($"link set {device} up");
        other.Ip($"link set {otherDevice} up");
    }

    public void Dispose()
    {
        Network.Dispose();
        Shell.Run($"ip netns del {Name}");
    }
}

/// <summary>Commands of the system, as the tests need them.</summary>
internal static class Shell
{
    /// <summary>Runs <paramref name="command"/> and gives what it printed; a failure throws with all of it.</summary>
    public static string Run(string command)
    {
        var (code, text) = Try(command);
        return code == 0 ? text : throw new InvalidOperationException($"'{command}' failed with {code}: {text}");
    }

    /// <summary>As <see cref="Run"/>, with the exit code.</summary>
    public static (int Code, string Text) Try(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " 2>&1"]) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text);
    }
}
