using System.Diagnostics;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Benchmarks;

/// <summary>A namespace with uplinks d1, d2 ... that are cables into another one, which takes everything and answers nothing; and a third one behind the first.</summary>
internal sealed class Uplinks : IDisposable
{
    /// <summary>The server in the other one, where it answers.</summary>
    public const string Server4 = "203.0.113.7", Server6 = "2001:db8:ffff::7";

    /// <param name="count">How many uplinks.</param>
    /// <param name="answers">Whether the other one has addresses and is the server.</param>
    public Uplinks(int count, bool answers = false)
    {
        Ip("netns add far\nnetns add lan\nlink set lo up\n");
        Ip("link add l0 type veth peer name h0 netns lan\nlink set l0 up\naddr add 192.168.50.1/24 dev l0\naddr add 2001:db8:50::1/64 dev l0 nodad\n");
        Ip(string.Concat(Enumerable.Range(1, count).Select(i =>
            $"link add d{i} type veth peer name e{i} netns far\nlink set d{i} up\naddr add 10.1.{i}.2/24 dev d{i}\naddr add 2001:db8:{i:x}::2/64 dev d{i} nodad\n"
            + (answers ? "" : $"neigh add 10.1.{i}.1 lladdr 02:00:00:00:00:01 dev d{i}\nneigh add 2001:db8:{i:x}::1 lladdr 02:00:00:00:00:01 dev d{i}\n")
            + $"route add default via 10.1.{i}.1 dev d{i} metric {i}\nroute add default via 2001:db8:{i:x}::1 dev d{i} metric {i}\n")));
        Ip(string.Concat(Enumerable.Range(1, count).Select(i => $"link set e{i} up\n")), "far");
        if (answers)
        {
            Ip($"link set lo up\naddr add {Server4}/32 dev lo\naddr add {Server6}/128 dev lo nodad\n"
                + string.Concat(Enumerable.Range(1, count).Select(i => $"addr add 10.1.{i}.1/24 dev e{i}\naddr add 2001:db8:{i:x}::1/64 dev e{i} nodad\n")), "far");
        }
        Ip("link set lo up\nlink set h0 up\naddr add 192.168.50.2/24 dev h0\naddr add 2001:db8:50::2/64 dev h0 nodad\nroute add default via 192.168.50.1\nroute add default via 2001:db8:50::1\n", "lan");
        Run("sysctl", null, "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        Lan = NetworkNamespace.Open("lan");
        using var routing = new RoutingSocket();
        Paths = Worlds.Paths(count, routing.Links().ToDictionary(link => link.Name, link => link.Index, StringComparer.Ordinal));
    }

    /// <summary>The paths over the uplinks.</summary>
    public PathSet Paths { get; }

    /// <summary>Where hosts are whose flows we forward.</summary>
    public NetworkNamespace Lan { get; }

    public static void Ip(string commands, string? @namespace = null) =>
        Run("ip", commands,
            @namespace is null ? ["-batch", "-"] : ["-n", @namespace, "-batch", "-"]);

    /// <summary>Runs a program to its end and gives what it prints; throws where it fails.</summary>
    public static string Run(string program, string? input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        if (input is not null)
        {
            process.StandardInput.Write(input);
        }
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}: {errors.Result[..Math.Min(500, errors.Result.Length)]}");
    }

    public void Dispose()
    {
        Lan.Dispose();
        // With its namespace a cable goes only after a while.
        Ip("link del l0\n" + string.Concat(Paths.Paths.Select(path => $"link del {path.Device}\n")));
        Run("ip", null, "netns", "del", "lan");
        Run("ip", null, "netns", "del", "far");
    }
}
