using Waymark.Flows;
using Waymark.Lab.Links;
using Waymark.Lab.Topologies;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.Linux.PathExamination.Dns;
using Waymark.Linux.PathExamination.Http;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.Linux.PathExamination.Tcp;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;
using Waymark.Paths;

namespace Waymark.Lab.Accuracy;

/// <summary>
/// Has the shipped examiner measure emulated links, many at once, and holds what it says against what the links did to its packets. Links are IPv4 and IPv6 in turn, and each kind of probe is a path of its
/// own, for else the examiner would choose the best of them. Needs namespaces of its own, as <see cref="NetworkLab"/> does.
/// <code>[near] e0 198.18.0.1, 2001:db8:0::1 --- link0 --- e0 198.18.0.2, 2001:db8:0::2 [far], and so on</code>
/// </summary>
public static class AccuracyMeasurement
{
    private const string Near = "near", Far = "far";

    private const int FirstFloodPort = 5201;

    /// <summary>A hundred probes, which is what the examiner's window holds, fit into five seconds.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    /// <summary>The slowest link that is measured is busy for 0.2 s with one.</summary>
    private static readonly TimeSpan BetweenTrains = TimeSpan.FromSeconds(0.6);

    /// <summary>Both ends have one clock.</summary>
    private static readonly ErrorEstimate Kept = ErrorEstimate.Of(true, TimeSpan.FromMilliseconds(1));

    /// <summary>Measures delay, jitter and loss of links by ICMP, STAMP and TCP, and those of its own packets by <c>ping</c>.</summary>
    /// <param name="links">What each does.</param>
    /// <param name="duration">How long they are examined.</param>
    /// <param name="seed">Of losses and jitter.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<IReadOnlyList<AccuracyRow>> OfDelaysAsync(IReadOnlyList<LinkWays> links, TimeSpan duration, int seed, CancellationToken cancellationToken) =>
        RunAsync(links, [Asker.Icmp, Asker.Stamp, Asker.Tcp], duration, seed, cancellationToken);

    /// <summary>Measures delay, jitter and loss of links by questions to name servers and requests for pages.</summary>
    /// <inheritdoc cref="OfDelaysAsync"/>
    public static Task<IReadOnlyList<AccuracyRow>> OfServersAsync(IReadOnlyList<LinkWays> links, TimeSpan duration, int seed, CancellationToken cancellationToken) =>
        RunAsync(links, [Asker.Dns, Asker.Http], duration, seed, cancellationToken);

    /// <summary>Measures capacity of links by trains, and afterwards, where it is installed, by <c>iperf3</c>.</summary>
    /// <inheritdoc cref="OfDelaysAsync"/>
    public static Task<IReadOnlyList<AccuracyRow>> OfCapacitiesAsync(IReadOnlyList<LinkWays> links, TimeSpan duration, int seed, CancellationToken cancellationToken) =>
        RunAsync(links, [Asker.Train], duration, seed, cancellationToken);

    private static async Task<IReadOnlyList<AccuracyRow>> RunAsync(IReadOnlyList<LinkWays> links, Asker[] askers, TimeSpan duration, int seed, CancellationToken cancellationToken)
    {
        var cables = links.Select((_, i) => new LabLink(End(Near, i, 1), End(Far, i, 2)) { Name = Name(i) });
        await using var lab = await NetworkLab.StartAsync(new("accuracy", [new(Near), new(Far)], [.. cables]), seed, cancellationToken, prefix: "accuracy-");
        using var near = lab.Namespace(Near);
        using var far = lab.Namespace(Far);
        await using var answering = new FarEnd(far, Kept);
        await ShapeAsync(lab, links, cancellationToken);
        var logs = links.Select((_, i) => new PassageLog(lab.Find(Name(i)))).ToList();
        var clock = new ClockPair(TimeProvider.System);
        var known = CharacteristicsSet.Empty;
        var settings = links.SelectMany((_, i) => askers.Select(asker => (Id: Id(i, asker), Settings: Settings(i, asker)))).ToDictionary(one => one.Id, one => one.Settings);
        using var thread = new PacketThread(TimeProvider.System, "probes");
        var options = new PathExaminerOptions(path => settings[path.Id], _ => new Dictionary<string, Measured>(), _ => 0)
        {
            Kinds = [new IcmpProbeKind(thread), new StampProbeKind(thread, () => Kept), new TcpProbeKind(thread), new DnsProbeKind(thread), new HttpProbeKind(thread)],
            Ranks = () => [50],
        };
        PingReport[] pings = [];
        var examiner = new PathExaminer(options, set => Volatile.Write(ref known, set), thread, seed);
        await using (examiner)
        {
            near.Run(() => examiner.Examine(new([.. links.SelectMany((_, i) => askers.Select(asker => Path(i, asker)))])));
            if (askers.Contains(Asker.Icmp))
            {
                pings = await PingAsync(lab, links.Count, duration, cancellationToken);
            }
            else
            {
                await Task.Delay(duration, cancellationToken);
            }
        }
        var floods = askers.Contains(Asker.Train)
            ? await Task.WhenAll(links.Select((link, i) => IperfReport.AskAsync(lab, Near, Far, Target(i).ToString(), FirstFloodPort + i, link.Up.Rate, cancellationToken))) : [];
        return [.. links.SelectMany((link, i) =>
            askers.Select(asker => (Asker: asker, Truth: new LinkTruth(link, asker, logs[i].Of(asker), Volatile.Read(ref known).Of(Id(i, asker)), clock, Every)))
                .SelectMany(one => one.Asker == Asker.Train ? one.Truth.Capacities() : one.Truth.Delays())
                .Concat(i < pings.Length ? LinkTruth.OfPing(link, logs[i].Of(Asker.Ping), pings[i]) : [])
                // Where it got through to none, it is not installed.
                .Concat(floods.Any(one => one is not null) ? [LinkTruth.OfIperf(link, floods[i])] : []))];
    }

    /// <summary>Has both ends know each other's hardware addresses before the links are shaped: what waits for one has not come to the link yet.</summary>
    private static async Task ShapeAsync(NetworkLab lab, IReadOnlyList<LinkWays> links, CancellationToken cancellationToken)
    {
        await PingAsync(lab, links.Count, Every * 3, cancellationToken);
        for (var i = 0; i < links.Count; i++)
        {
            (lab.Find(Name(i)).Up, lab.Find(Name(i)).Down) = (links[i].Up, links[i].Down);
        }
    }

    private static Task<PingReport[]> PingAsync(NetworkLab lab, int links, TimeSpan duration, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, links).Select(i => PingReport.AskAsync(lab, Near, Target(i).ToString(), i + 1, Every, duration, cancellationToken)));

    private static ProbeSettings Settings(int link, Asker asker) => new()
    {
        Targets = [asker switch
        {
            Asker.Icmp => new ProbeTarget.Icmp(Target(link)),
            Asker.Tcp => new ProbeTarget.Tcp(Target(link), FarEnd.TcpPort),
            Asker.Dns => new ProbeTarget.Dns(Target(link), ProbeTarget.Dns.UsualName),
            Asker.Http => new ProbeTarget.Http($"http://{(Target(link).Family == IpFamily.V4 ? $"{Target(link)}" : $"[{Target(link)}]")}:{FarEnd.HttpPort}/", ProbeTarget.Http.UsualStatus),
            _ => new ProbeTarget.Stamp(Target(link), ProbeTarget.Stamp.UsualPort, null),
        }],
        AreTargetsNamed = true,
        // A train goes with a round, which must not be in its way.
        Every = asker == Asker.Train ? BetweenTrains : Every,
        TrainEvery = asker == Asker.Train ? BetweenTrains : null,
    };

    private static Path Path(int link, Asker asker) => new()
    {
        Id = Id(link, asker),
        Name = Id(link, asker).LocalId,
        Device = Device(link),
        Halves = [new() { Family = Target(link).Family, Locators = [Address(link, 1)] }],
    };

    private static LabEnd End(string node, int link, int host) => new(node, Device(link), [$"198.18.{link}.{host}/24", $"2001:db8:{link:x}::{host}/64"]);

    private static PathId Id(int link, Asker asker) => new("ip", $"{Device(link)}-{asker}");

    private static string Name(int link) => $"link{link}";

    private static string Device(int link) => $"e{link}";

    private static IpAddress Target(int link) => Address(link, 2);

    private static IpAddress Address(int link, int host) => IpAddress.Parse(link % 2 == 0 ? $"198.18.{link}.{host}" : $"2001:db8:{link:x}::{host}");
}
