using System.Globalization;
using Waymark.Flows;

namespace Waymark.Cli;

/// <summary>The connections of a process, as flows of the language: its sockets (/proc/PID/fd) found again in the kernel's lists (proc(5), /proc/PID/net).</summary>
internal static class ProcessConnections
{
    private static readonly (string File, string Protocol)[] Lists = [("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp")];

    /// <summary>One flow a connected socket, in the order of the kernel's lists; throws <see cref="System.IO.IOException"/> where the process cannot be looked into.</summary>
    public static IReadOnlyList<string> Of(int id)
    {
        var sockets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in System.IO.Directory.GetFiles($"/proc/{id}/fd"))
        {
            if (System.IO.File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name is { } target && target.StartsWith("socket:[", StringComparison.Ordinal))
            {
                sockets.Add(target["socket:[".Length..^1]);
            }
        }
        var flows = new List<string>();
        foreach (var (list, protocol) in Lists)
        {
            foreach (var line in System.IO.File.ReadLines($"/proc/{id}/net/{list}").Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9 && sockets.Contains(fields[9]) && End(fields[1]) is var (local, localPort) && End(fields[2]) is var (peer, peerPort) && peer.Bits != 0)
                {
                    flows.Add($"{protocol} local {local} port {localPort} peer {peer} port {peerPort}");
                }
            }
        }
        return flows;
    }

    /// <summary>Addresses stand there as 32-bit words in the machine's order.</summary>
    private static (IpAddress Address, int Port)? End(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32) || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var port))
        {
            return null;
        }
        var bytes = Convert.FromHexString(text[..colon]);
        for (var word = 0; word < bytes.Length; word += 4)
        {
            Array.Reverse(bytes, word, 4);
        }
        var address = IpAddress.FromNetworkOrder(bytes);
        // An IPv4 connection of an IPv6 socket (RFC 4291 section 2.5.5.2).
        return address.Family == IpFamily.V6 && address.Bits >> 32 == 0xffff ? (new(IpFamily.V4, (uint)(address.Bits & uint.MaxValue)), port) : (address, port);
    }
}
