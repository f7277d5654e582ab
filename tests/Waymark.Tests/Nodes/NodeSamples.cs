using CsCheck;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Tariffs;
using Waymark.Tests.Flows;
using Waymark.Tests.Policies.Language;
using Waymark.Units;

namespace Waymark.Tests.Nodes;

/// <summary>Generators of everything that a node file can hold, for what has to be true of all of them.</summary>
public static class NodeSamples
{
    private static readonly Gen<string> Word = One("wifi", "wlan0", "a-1", "lte.rsrp", "default", "any", "6in4", "with \"quotes\"", "back\\slash", "ünï", "Mbit", "b.", "path", "root");

    private static readonly Gen<IpAddress> Address = One("192.0.2.1", "198.51.100.7", "2001:db8::1", "fe80::1", "::", "0.0.0.0", "2001:db8:a:b:c:d:e:f").Select(IpAddress.Parse);

    private static readonly Gen<TimeSpan> Duration = Gen.OneOf(Gen.Int[10, 5000].Select(n => TimeSpan.FromMilliseconds(n)), Gen.Int[1, 90].Select(n => TimeSpan.FromMinutes(n)));

    private static readonly Gen<KeyValuePair<string, Quantity>> Number = Gen.Select(One("cost", "quota", "bandwidth", "bandwidth.up", "mtu"), Gen.Int[0, 2_000_000]).Select((name, thousandths) =>
        KeyValuePair.Create(name, new Quantity(thousandths / 1000m, Characteristic.TryFind(name, out var found) ? found.Dimension : throw new InvalidOperationException(name))));

    private static readonly Gen<Meter> Meter = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 31], One<string?>(null, "Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+3"), Gen.Int[0, 2])
        .Select((unit, day, zone, counts) => new Meter(new((BillingUnit)unit, unit == 2 ? day : 1, zone), (CountedTraffic)counts));

    private static readonly Gen<long> Volume = Gen.OneOf(Gen.Long[0, 2000].Select(millions => millions * 1_000_000), Gen.Long[0, long.MaxValue]);

    private static readonly Gen<Tariff> Tariff = Gen.Select(Volume.Array[0, 3], Gen.Int[0, 5000], Meter).Select((from, price, meter) =>
        new Tariff(from.Append(0).Distinct().Order().Select((one, i) => new TariffTier(one, (price + i) / 1000m)).ToEquatableArray(), meter));

    private static readonly Gen<Quota[]> Quotas = Gen.Select(Volume, Meter, (volume, meter) => new Quota(volume, meter)).Array[0, 3];

    private static readonly Gen<PathMatch> Match = Gen.Select(Maybe(Word), Maybe(One("00:11:22:33:44:55", "aa:bb:cc:dd:ee:0f")), Maybe(Word), Gen.Bool).Select((device, hardware, driver, some) => new PathMatch
    {
        Interface = device,
        HardwareAddress = hardware,
        Driver = driver,
        Address = some || (device ?? hardware ?? driver) is null ? new(IpAddress.Parse("10.8.0.0"), 16) : null,
    });

    private static readonly Gen<ProbeAllowance> Allowance = Gen.Select(Gen.Int[1, 2_000_000], One(BudgetPeriod.Day, BudgetPeriod.Week, BudgetPeriod.Month)).Select((volume, per) =>
        new ProbeAllowance(new(volume * 1000m, Dimension.Volume), per));

    private static readonly Gen<PathDeclaration> Path = Gen.Select(
        Gen.Select(Match, Address.Array[0, 2], One<string?>(null, "wifi", "cellular"), Gen.Select(Word, Word, KeyValuePair.Create).Array[0, 2]),
        Gen.Select(Gen.Select(Number.Array[0, 3], Maybe(Tariff), Quotas), Gen.Bool, Gen.Bool, Gen.Bool, Maybe(Allowance)), Word.Array[0, 2], Maybe(Word), (link, known, over, peer) => (link, known, over, peer))
        .Select(all =>
        {
            var (match, gateways, medium, labels) = all.link;
            var ((numbers, tariff, quotas), isMetered, isEncrypted, isIgnored, allowance) = all.known;
            return new PathDeclaration("", match)
            {
                Gateways = gateways.ToEquatableArray(),
                Medium = medium,
                Labels = labels.DistinctBy(label => label.Key).ToEquatableArray(),
                Numbers = numbers.DistinctBy(number => number.Key).Where(number => number.Key switch { "cost" => tariff is null, "quota" => quotas.Length == 0, _ => true }).ToEquatableArray(),
                Tariff = tariff,
                Quotas = quotas.DistinctBy(quota => quota.Meter).ToEquatableArray(),
                IsMetered = isMetered,
                IsEncrypted = isEncrypted,
                IsIgnored = isIgnored,
                ProbeBudget = allowance,
                Over = all.over.ToEquatableArray(),
                Peer = all.peer,
            };
        });

    private static readonly Gen<ProbeTarget> Target = Gen.Select(Address, Gen.Int[1, 65535], Maybe(Word), Gen.Int[100, 599], Gen.Bool, Duration, (address, port, word, status, some, every) => (ProbeTarget)((status % 6) switch
    {
        0 => new ProbeTarget.Icmp(address),
        1 => new ProbeTarget.Stamp(address, some ? ProbeTarget.Stamp.UsualPort : port, word),
        2 => new ProbeTarget.Tcp(address, port),
        3 => new ProbeTarget.Http(some ? "http://example.net/204" : "https://[2001:db8::1]/", status),
        4 => new ProbeTarget.Dns(address, some ? "www.example.net" : ProbeTarget.Dns.UsualName),
        _ => new ProbeTarget.Bfd(address, some, status % 4 == 0 ? every : null),
    }));

    private static readonly Gen<ProbeSettings> Probe = Gen.Select(Gen.Bool, Target.Array[0, 3], Duration, Gen.Int[1, 9], Gen.Int[1, 1000], Gen.Int[1, 9], Gen.Select(Maybe(PolicySamples.Predicate), Maybe(PolicySamples.Predicate))).Select((named, targets, every, need, down, up, states) =>
        ProbeSettings.Default with
        {
            Targets = named ? targets.ToEquatableArray() : ProbeSettings.Default.Targets,
            AreTargetsNamed = named,
            Every = every,
            TrainEvery = named && targets.Any(target => target is ProbeTarget.Stamp) && need % 2 == 0 ? TimeSpan.FromMinutes(10 + need) : null,
            IsPaceNamed = true,
            DegradedWhen = states.Item1 ?? ProbeSettings.Default.DegradedWhen,
            RestoredWhen = states.Item2 ?? ProbeSettings.Default.RestoredWhen,
            Need = need,
            DownAfter = down,
            UpAfter = up,
        });

    private static readonly Gen<SettingRight> Setting = Gen.Select(One("lte.rsrp", "signal", "bandwidth.up", "a.b-c", "metered").Array[1, 3], Word.Array[0, 2], (names, paths) =>
        new SettingRight(names.ToEquatableArray(), paths.ToEquatableArray()));

    private static readonly Gen<RequesterDeclaration> Requester = Gen.Select(Word, Gen.Int[0, 2], Gen.Int[0, 500], Gen.Bool, FlowSamples.Flow.Array[0, 2], Setting.Array[0, 2]).Select((name, who, rank, any, flows, settings) =>
        new RequesterDeclaration(name, rank)
        {
            User = name == "root" ? "root" : who != 1 ? name : null,
            Certificate = who != 0 ? name + ".example.net" : null,
            MayAny = any,
            MayAdminister = rank % 3 == 0,
            ConfirmWithin = rank % 2 == 0 ? null : TimeSpan.FromSeconds(1 + rank % 600),
            MayFlows = flows.Select(PolicySamples.Written).ToEquatableArray(),
            MaySet = settings.ToEquatableArray(),
        });

    private static readonly Gen<MetricsEndpoint> Metrics = Gen.Select(Address, Gen.Int[1, 65535], (address, port) => new MetricsEndpoint(address, port));

    private static readonly Gen<MetricsPush> Push = Gen.Select(One("localhost", "192.0.2.1:4318", "[2001:db8::1]:4318"), Gen.Int[1, 3600], Gen.Bool, (host, seconds, isSecure) => new MetricsPush($"http{(isSecure ? "s" : "")}://{host}/v1/metrics", TimeSpan.FromSeconds(seconds)));

    private static readonly Gen<HoldDown> HoldDown = Gen.Select(Gen.Int[0, 5000], Gen.Int[1, 5000], Gen.Int[1, 5000], Duration).Select((penalty, reuse, more, halfLife) =>
        new HoldDown(penalty, reuse + more, reuse, halfLife));

    private static readonly Gen<NodeFile> Numbers = Gen.Select(One(0x7f00_0000u, 0xffu, 0x8000_0700u), One(0xffff_c000u, 0xffffu), Gen.UInt[1, 400], Gen.UInt[0, 2], Gen.Int[0, 3])
        .Select((firewall, conntrack, tables, priorities, marks) => new NodeFile
        {
            FirewallMark = firewall,
            ConntrackMark = conntrack,
            Tables = new(27100, 27100 + tables),
            Priorities = priorities == 0 ? NodeFile.Default.Priorities : new(7100, 7100 + priorities),
            Bypass = Enumerable.Range(0, marks).Select(i => 0xca6cu + (uint)i).ToEquatableArray(),
        });

    private static readonly Gen<Forwarding?> Forward = Gen.Select(Word.Array[0, 2], Gen.Bool, (from, masquerade) => from.Length == 0 ? null : new Forwarding(from.ToEquatableArray(), masquerade));

    private static readonly Gen<ReflectorDeclaration?> Reflector = Gen.Select(Gen.Int[1, 65535], Maybe(Word), Gen.Select(Address, Gen.Int[0, 32], (address, length) => new IpPrefix(address, length)).Array[0, 2], Gen.Bool,
        (port, key, from, usual) => key is null && from.Length == 0 ? null : new ReflectorDeclaration(usual ? ProbeTarget.Stamp.UsualPort : port, key, from.ToEquatableArray()));

    private static readonly Gen<ListenDeclaration?> Listen = Gen.Select(Address.Array[0, 3], Gen.Int[1, 65535], Word, Gen.Bool, (addresses, port, word, some) =>
        addresses.Length == 0 ? null : new ListenDeclaration(addresses.ToEquatableArray(), port, $"/{word}.pem", $"/{word}.key", "/ca.pem", some ? "/crl.pem" : null));

    private static readonly Gen<PeerDeclaration> Peer = Gen.Select(One<string?>(null, "hq.example.net", "2001:db8::9", "192.0.2.9"), Gen.Int[1, 65535], Gen.Select(Address, Gen.Int[0, 32], (address, length) => new IpPrefix(address, length)).Array[1, 3], Gen.Int[0, 2000], Gen.Int[1, 60], FlowSamples.Flow.Array[0, 2])
        .Select((host, port, prefixes, rank, lease, flows) => new PeerDeclaration("", "")
        {
            Host = host,
            Port = host is null ? ListenDeclaration.UsualPort : port,
            Prefixes = prefixes.ToEquatableArray(),
            Rank = rank,
            Lease = TimeSpan.FromMinutes(lease),
            MayFlows = flows.Select(PolicySamples.Written).ToEquatableArray(),
        });

    /// <summary>Whole files; what they say may be nonsense, but it can be written.</summary>
    public static readonly Gen<NodeFile> File = Gen.Select(Numbers, Gen.Select(Maybe(Word), Gen.Bool, Forward, Maybe(HoldDown), Gen.Select(Maybe(Metrics), Maybe(Push)), Reflector, Listen), Path.Array[0, 4], Gen.Select(Word, Probe, KeyValuePair.Create).Array[0, 3], Gen.Select(Requester.Array[0, 3], Peer.Array[0, 2]))
        .Select((node, own, paths, probes, others) =>
        {
            var (name, isStrict, forward, hold, metrics, reflector, listen) = own;
            var (requesters, peers) = others;
            // Who this node is towards a peer is what 'listen' says.
            peers = listen is null ? [] : peers;
            return node with
            {
                Name = name,
                IsStrictAtBoot = isStrict,
                Paths = paths.DistinctBy(path => path.Match).Select((path, i) => path with { Name = $"path {i}", Peer = i < peers.Length ? $"peer {i}" : path.Peer, Shared = i < peers.Length ? i + 1 : null }).ToEquatableArray(),
                Forward = forward,
                Listen = listen,
                Peers = peers.Select((one, i) => one with { Name = $"peer {i}", Certificate = $"p{i}.example.net" }).ToEquatableArray(),
                Metrics = metrics.Item1,
                MetricsPush = metrics.Item2,
                Probes = probes.ToEquatableArray(),
                Reflector = reflector,
                HoldDown = hold ?? NodeFile.Default.HoldDown,
                Requesters = WithRoot(requesters.DistinctBy(one => one.Name)),
            };
        });

    private static EquatableArray<RequesterDeclaration> WithRoot(IEnumerable<RequesterDeclaration> requesters) =>
        requesters.Any(one => one.User == "root") ? requesters.ToEquatableArray() : NodeFile.Default.Requesters.Concat(requesters).ToEquatableArray();

    private static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : class => Gen.Select(gen, Gen.Bool, (value, some) => some ? value : null);

    private static Gen<T> One<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);
}
