using Waymark.Lab.Links;

namespace Waymark.Lab.Topologies;

/// <summary>A little internet: nodes, and links between them.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Nodes">Each becomes a network namespace.</param>
/// <param name="Links">Each becomes two devices and, where it has a name to be shaped by, an emulated link between them.</param>
public sealed record Topology(string Name, EquatableArray<LabNode> Nodes, EquatableArray<LabLink> Links)
{
    /// <summary>
    /// A van with three uplinks, a host behind it, and servers far away. Each provider lets only its own addresses out, as providers do.
    /// </summary>
    /// <remarks>
    /// <code>
    ///                 wlan0 --- wifi --- [wifi-isp] ---+
    /// [host] --- lan0 [van] wwan0 --- lte --- [lte-isp] ---+--- [internet] 203.0.113.7  2001:db8:cafe::7
    ///                 sat0  --- sat  --- [sat-isp]  ---+
    /// </code>
    /// </remarks>
    public static Topology Commuter { get; } = MakeCommuter();

    private static Topology MakeCommuter()
    {
        (string Name, string Device, int Net, LinkShape Up, LinkShape Down)[] uplinks =
        [
            ("wifi", "wlan0", 11, Shape(8, 2, 20_000_000), Shape(8, 2, 50_000_000)),
            ("lte", "wwan0", 12, Shape(22, 6, 10_000_000), Shape(22, 6, 30_000_000)),
            ("sat", "sat0", 13, Shape(140, 10, 6_000_000), Shape(140, 10, 40_000_000)),
        ];
        return new("commuter",
        [
            new("van") { Forwards = true, Routes = uplinks.SelectMany((up, i) => new[] { $"default via 10.{up.Net}.0.1 dev {up.Device} metric {100 * (i + 1)}", $"default via 2001:db8:a{up.Net % 10}::1 dev {up.Device} metric {100 * (i + 1)}" }).ToEquatableArray() },
            new("host") { Routes = ["default via 192.168.50.1", "default via 2001:db8:50::1"] },
            .. uplinks.Select(up => new LabNode($"{up.Name}-isp") { Forwards = true, Routes = [$"default via 10.{up.Net}.1.2", $"default via 2001:db8:b{up.Net % 10}::2"] }),
            new("internet")
            {
                Forwards = true,
                Addresses = ["203.0.113.7/32", "2001:db8:cafe::7/128"],
                Routes = uplinks.SelectMany(up => new[] { $"10.{up.Net}.0.0/24 via 10.{up.Net}.1.1", $"2001:db8:a{up.Net % 10}::/64 via 2001:db8:b{up.Net % 10}::1" }).ToEquatableArray(),
            },
        ],
        [
            .. uplinks.Select(up => new LabLink(new("van", up.Device, [$"10.{up.Net}.0.10/24", $"2001:db8:a{up.Net % 10}::10/64"]),
                new($"{up.Name}-isp", "customers", [$"10.{up.Net}.0.1/24", $"2001:db8:a{up.Net % 10}::1/64"]))
            {
                Name = up.Name, Up = up.Up, Down = up.Down, OnlyFrom = [$"10.{up.Net}.0.0/24", $"2001:db8:a{up.Net % 10}::/64"],
            }),
            .. uplinks.Select(up => new LabLink(new($"{up.Name}-isp", "core", [$"10.{up.Net}.1.1/24", $"2001:db8:b{up.Net % 10}::1/64"]),
                new("internet", $"{up.Name}", [$"10.{up.Net}.1.2/24", $"2001:db8:b{up.Net % 10}::2/64"]))),
            new(new("host", "eth0", ["192.168.50.2/24", "2001:db8:50::2/64"]), new("van", "lan0", ["192.168.50.1/24", "2001:db8:50::1/64"])),
        ]);
    }

    private static LinkShape Shape(int delay, int jitter, long rate) =>
        new() { Delay = TimeSpan.FromMilliseconds(delay), Jitter = TimeSpan.FromMilliseconds(jitter), Rate = rate };
}

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
public sealed record LabNode(string Name)
{
    /// <summary>Whether it sends on what is not for itself.</summary>
    public bool Forwards { get; init; }

    /// <summary>Addresses of the node as such, on its loopback device.</summary>
    public EquatableArray<string> Addresses { get; init; } = [];

    /// <summary>Routes, as <c>ip route add</c> takes them.</summary>
    public EquatableArray<string> Routes { get; init; } = [];
}

/// <summary>One end of a link.</summary>
/// <param name="Node">The node.</param>
/// <param name="Device">What its device is called.</param>
/// <param name="Addresses">With prefix lengths.</param>
public sealed record LabEnd(string Node, string Device, EquatableArray<string> Addresses);

/// <summary>A link.</summary>
/// <param name="A">One end.</param>
/// <param name="B">The other end.</param>
public sealed record LabLink(LabEnd A, LabEnd B)
{
    /// <summary>By what name it is shaped and cut; null: a plain cable.</summary>
    public string? Name { get; init; }

    /// <summary>From the first end to the second.</summary>
    public LinkShape Up { get; init; } = LinkShape.Cable;

    /// <summary>From the second end to the first.</summary>
    public LinkShape Down { get; init; } = LinkShape.Cable;

    /// <summary>Sources that the second end lets in; empty: all. Others are counted and dropped, as providers do (BCP 38).</summary>
    public EquatableArray<string> OnlyFrom { get; init; } = [];
}
