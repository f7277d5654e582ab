using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Policies;
using Waymark.Tariffs;
using Waymark.Units;

namespace Waymark.Nodes;

/// <summary>What only the administrator of a node knows: the node file (<c>docs/node-file.md</c>). Every part has a default; without a file all of them hold.</summary>
public sealed record NodeFile
{
    /// <summary>Where the file is looked for when nobody says where it is.</summary>
    public const string UsualPlace = "/etc/waymark/node.way";

    /// <summary>Without a file.</summary>
    public static NodeFile Default { get; } = new();

    /// <summary>This node's name towards peers; null: the host name.</summary>
    public string? Name { get; init; }

    /// <summary>The bits of the firewall mark that are ours; contiguous, at least 3.</summary>
    public uint FirewallMark { get; init; } = 0x7f00_0000;

    /// <summary>The bits of the conntrack mark that are ours.</summary>
    public uint ConntrackMark { get; init; } = 0xffff_c000;

    /// <summary>Routing tables, one a path.</summary>
    public IntegerRange Tables { get; init; } = new(27100, 27199);

    /// <summary>Priorities of our routing rules.</summary>
    public IntegerRange Priorities { get; init; } = new(7100, 7199);

    /// <summary>Whole marks of other programs whose packets stay as they are.</summary>
    public EquatableArray<uint> Bypass { get; init; } = [];

    /// <summary>Whether strict policies are in force before the first link is up.</summary>
    public bool IsStrictAtBoot { get; init; }

    /// <summary>What is said of paths, in the order of the file.</summary>
    public EquatableArray<PathDeclaration> Paths { get; init; } = [];

    /// <summary>Whose flows are distributed besides this node's own; null: nobody's.</summary>
    public Forwarding? Forward { get; init; }

    /// <summary>How paths are probed, by path name; <c>default</c> for the others.</summary>
    public EquatableArray<KeyValuePair<string, ProbeSettings>> Probes { get; init; } = [];

    /// <summary>The reflector that others measure paths to this node by; null: none runs.</summary>
    public ReflectorDeclaration? Reflector { get; init; }

    /// <summary>Flap damping.</summary>
    public HoldDown HoldDown { get; init; } = DecisionSettings.Default.HoldDown;

    /// <summary>Who may ask; without any, root may ask for everything.</summary>
    public EquatableArray<RequesterDeclaration> Requesters { get; init; } = [new("root", 0) { User = "root", MayAny = true }];

    /// <summary>Where requesters of other hosts are listened for; null: nowhere.</summary>
    public ListenDeclaration? Listen { get; init; }

    /// <summary>Other nodes that this one exchanges rules with, in the order of the file. None has the name of a requester.</summary>
    public EquatableArray<PeerDeclaration> Peers { get; init; } = [];

    /// <summary>Where metrics are served; null: nowhere.</summary>
    public MetricsEndpoint? Metrics { get; init; }

    /// <summary>Where metrics are pushed; null: nowhere.</summary>
    public MetricsPush? MetricsPush { get; init; }

    /// <summary>What probes of a path of that name may cost; null: as much as they do. A metered path has a budget of its own accord, unless the file says how often it is probed.</summary>
    public ProbeAllowance? AllowanceOf(string path) => Paths.FirstOrDefault(one => one.Name == path) is not { } declared ? null
        : declared.ProbeBudget ?? (declared.IsCharged && !ProbesOf(path).IsPaceNamed ? ProbeAllowance.OfMetered : null);

    /// <summary>The flows that a path to a peer carries: those whose other end is the peer's. Any, where the path leads to anybody or to somebody who is not declared.</summary>
    public FlowSelector ScopeOf(PathDeclaration path) => Peers.FirstOrDefault(one => one.Name == path.Peer)?.Reach ?? FlowSelector.Everything;

    /// <summary>How a path of that name is probed.</summary>
    public ProbeSettings ProbesOf(string path)
    {
        ProbeSettings? general = null;
        foreach (var (name, settings) in Probes)
        {
            if (name == path)
            {
                return settings;
            }
            general = name == "default" ? settings : general;
        }
        return general ?? ProbeSettings.Default;
    }
}

/// <summary>What the administrator says of one path.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Match">The device by which it leaves.</param>
public sealed record PathDeclaration(string Name, PathMatch Match)
{
    /// <summary>Next hops where no default route names them, one a family.</summary>
    public EquatableArray<IpAddress> Gateways { get; init; } = [];

    /// <summary>One of the language's media; null: what the system says.</summary>
    public string? Medium { get; init; }

    /// <summary>Labels, key and value, in the order of the file.</summary>
    public EquatableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Numbers by the name of the characteristic: cost, bandwidth, bandwidth.up, quota, mtu. Cost and quota are here where they are always the same.</summary>
    public EquatableArray<KeyValuePair<string, Quantity>> Numbers { get; init; } = [];

    /// <summary>What it costs where that depends on what was used; null: it does not.</summary>
    public Tariff? Tariff { get; init; }

    /// <summary>How much it may carry in each billing period, in the order of the file, no two by the same meter.</summary>
    public EquatableArray<Quota> Quotas { get; init; } = [];

    /// <summary>Whether the bytes that it carries have to be counted.</summary>
    public bool IsCounted => Tariff is not null || !Quotas.IsEmpty;

    /// <summary>Whether the file says <c>metered</c>; <see cref="IsCharged"/> where it follows from something else.</summary>
    public bool IsMetered { get; init; }

    /// <summary>Whether use of it costs: it is metered, or has a cost or a quota.</summary>
    public bool IsCharged => IsMetered || IsCounted || Numbers.Any(number => (number.Key == "cost" && number.Value.Value > 0) || number.Key == "quota");

    /// <summary>What its probes may cost; null: nothing is said.</summary>
    public ProbeAllowance? ProbeBudget { get; init; }

    /// <summary>Whether what goes over it is encrypted.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Never used.</summary>
    public bool IsIgnored { get; init; }

    /// <summary>Names of the paths that carry it; it inherits their price and quota.</summary>
    public EquatableArray<string> Over { get; init; } = [];

    /// <summary>The node at the other end; null: it leads to anybody.</summary>
    public string? Peer { get; init; }

    /// <summary>The number, 1 to 255, by which both ends know the path; null: it is not shared. Only beside <see cref="Peer"/>, and for each peer once.</summary>
    public int? Shared { get; init; }
}

/// <summary>Flows that this node forwards.</summary>
/// <param name="Interfaces">The interfaces that they come in by; at least one.</param>
/// <param name="Masquerade">Whether they leave with this node's addresses.</param>
public sealed record Forwarding(EquatableArray<string> Interfaces, bool Masquerade);

/// <summary>Who may ask for policies.</summary>
/// <param name="Name">How the node calls it.</param>
/// <param name="Rank">Lower wins.</param>
public sealed record RequesterDeclaration(string Name, int Rank)
{
    /// <summary>The shortest and the longest time in which changes can be asked to be confirmed: shorter ones end before an answer has come, and who thinks of a change for more than a day has forgotten it.</summary>
    public static readonly TimeSpan LeastConfirmation = TimeSpan.FromSeconds(1), MostConfirmation = TimeSpan.FromDays(1);

    /// <summary>The local user who it is; null: it is not a local user.</summary>
    public string? User { get; init; }

    /// <summary>The DNS name or URI in its certificate; null: it does not come over the network.</summary>
    public string? Certificate { get; init; }

    /// <summary>Whether it may ask for any flows.</summary>
    public bool MayAny { get; init; }

    /// <summary>Whether it may change the node itself, and what others asked for. A local user who may ask for any flows may so without it; over the network it has to be said.</summary>
    public bool MayAdminister { get; init; }

    /// <summary>The flows that it may ask for where not any.</summary>
    public EquatableArray<Flow> MayFlows { get; init; } = [];

    /// <summary>The characteristics of paths that it may say where not any, in the order of the file.</summary>
    public EquatableArray<SettingRight> MaySet { get; init; } = [];

    /// <summary>In what time it has to confirm each of its changes, for they are undone otherwise; null: they stand without.</summary>
    public TimeSpan? ConfirmWithin { get; init; }

    /// <summary>Whether it may say a characteristic of the path of that name.</summary>
    public bool May(string path, string characteristic)
    {
        if (MayAny)
        {
            return true;
        }
        foreach (var right in MaySet)
        {
            if (right.Covers(path, characteristic))
            {
                return true;
            }
        }
        return false;
    }
}
