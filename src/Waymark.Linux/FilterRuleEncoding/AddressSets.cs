using System.Globalization;
using Waymark.Flows;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>The sets of devices and addresses that the chains ask.</summary>
internal static class AddressSets
{
    /// <summary>RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST: never steered.</summary>
    private static readonly uint[] KeptTypes = [2, 3, 4, 5];

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Link-local (RFC 3927, RFC 4291), multicast, limited broadcast.</summary>
    public static readonly IpPrefix[] NeverSteered =
        [.. new[] { "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "fe80::/10", "ff00::/8" }.Select(text => Prefix(text.Split('/')))];

    /// <summary>The map from the addresses of paths to what pins a connection to the path.</summary>
    public static string Keepers(IpFamily family) => $"keeper{family.Digit}";

    /// <summary>The set of the marks of paths to peers.</summary>
    public const string ToPeers = "to_peers";

    /// <summary>The set of all addresses that paths have.</summary>
    public static string PathAddresses(IpFamily family) => $"path_addresses{family.Digit}";

    /// <summary>Adds them.</summary>
    public static void AddTo(TableContent content, IReadOnlyList<NumberedPath> paths, Territory territory, EncoderOptions options)
    {
        var devices = paths.Select(one => one.Device).Distinct().ToList();
        AddMembers(content, "uplinks", NftablesType.InterfaceName, devices.Select(OddMatches.Name));
        AddMembers(content, "default_devices", NftablesType.InterfaceName, DefaultDevices(paths, options).Distinct().Select(OddMatches.Name));
        AddMembers(content, BaseChains.Behind, NftablesType.InterfaceName, options.ForwardFrom.Distinct().Select(OddMatches.Name));
        AddMembers(content, "kept_types", NftablesType.AddressType, KeptTypes.Select(type => OddMatches.Host(type).AsSpan().ToArray()));
        AddMembers(content, ToPeers, NftablesType.Mark, paths.Where(one => !one.Path.Scope.IsEverything).Select(one => OddMatches.Host(territory.Mark(one.Number)).AsSpan().ToArray()));
        AddVerdicts(content, "in_path", devices.Select(device => (device, $"i{OwnerOf(device, paths)}")));
        AddVerdicts(content, BaseChains.Entries,
            devices.Select(device => (device, BaseChains.FromUplink)).Concat(options.ForwardFrom.Distinct().Except(devices).Select(device => (device, BaseChains.FromBehind))));
        content.Add(new NftablesSet
        {
            Name = "path_device",
            Key = [NftablesType.Mark, NftablesType.InterfaceName],
            Elements = paths.Select(one => Plain([.. OddMatches.Host(territory.Mark(one.Number)), .. OddMatches.Name(one.Device)])).ToEquatableArray(),
        });
        foreach (var family in Families)
        {
            var address = family == IpFamily.V4 ? NftablesType.Ipv4Address : NftablesType.Ipv6Address;
            var halves = paths.Where(one => one.Path.Half(family) is not null).Select(one => (Mark: OddMatches.Host(territory.Mark(one.Number)), Half: one.Path.Half(family)!)).ToList();
            content.Add(new NftablesSet { Name = $"onlink{family.Digit}", Key = [address], IsInterval = true, Elements = OnLink(family, paths, options) });
            content.Add(new NftablesSet
            {
                Name = $"own{family.Digit}",
                Key = [NftablesType.Mark, address],
                Elements = halves.SelectMany(one => one.Half.Locators.Distinct().Select(locator => Plain([.. one.Mark, .. locator.ToNetworkOrder()]))).ToEquatableArray(),
            });
            AddMembers(content, PathAddresses(family), address, halves.SelectMany(one => one.Half.Locators).Distinct().Select(locator => locator.ToNetworkOrder()));
            content.Add(new NftablesSet
            {
                Name = Keepers(family),
                Key = [address],
                Value = NftablesType.Verdict,
                // An address that two paths have tells nothing.
                Elements = paths.SelectMany(one => (one.Path.Half(family)?.Locators ?? []).Distinct().Select(locator => (one.Number, Locator: locator)))
                    .GroupBy(one => one.Locator).Where(owners => owners.Count() == 1).Select(owners => owners.First())
                    .Select(one => new NftablesElement([.. one.Locator.ToNetworkOrder()], [], NftablesVerdict.Jump($"i{one.Number}"), [])).ToEquatableArray(),
            });
            content.Add(new NftablesSet
            {
                Name = $"answer{family.Digit}",
                Key = [NftablesType.InterfaceName],
                Value = address,
                Elements = Answers(family, paths, options).ToEquatableArray(),
            });
            content.Add(new NftablesSet
            {
                Name = $"source{family.Digit}",
                Key = [NftablesType.Mark],
                Value = address,
                Elements = halves.Select(one => new NftablesElement(one.Mark, [], null, [.. one.Half.Locators[0].ToNetworkOrder()])).ToEquatableArray(),
            });
        }
    }

    private static void AddMembers(TableContent content, string name, NftablesType type, IEnumerable<byte[]> keys) =>
        content.Add(new NftablesSet { Name = name, Key = [type], Elements = keys.Select(Plain).ToEquatableArray() });

    private static void AddVerdicts(TableContent content, string name, IEnumerable<(string Device, string Chain)> elements) => content.Add(new NftablesSet
    {
        Name = name,
        Key = [NftablesType.InterfaceName],
        Value = NftablesType.Verdict,
        Elements = elements.Select(one => new NftablesElement([.. OddMatches.Name(one.Device)], [], NftablesVerdict.Goto(one.Chain), [])).ToEquatableArray(),
    });

    private static NftablesElement Plain(byte[] key) => new([.. key], [], null, []);

    /// <summary>The path that packets of a device belong to, where several share it: plain IP's own.</summary>
    private static int OwnerOf(string device, IEnumerable<NumberedPath> paths) =>
        paths.Where(one => one.Device == device).OrderByDescending(one => one.Path.Id.Protocol == "ip").First().Number;

    private static IEnumerable<string> DefaultDevices(IReadOnlyList<NumberedPath> paths, EncoderOptions options) =>
        (options.DefaultDevices ?? []).Concat(Families.SelectMany(family =>
        {
            var halves = paths.Where(one => one.Path.Half(family) is not null).OrderBy(one => one.Path.Half(family)!.Metric).ThenBy(one => one.Number).ToList();
            var best = halves.Count == 0 ? 0 : halves[0].Path.Half(family)!.Metric;
            // Where the system has no default route, a socket that chose nothing leaves by the first of the last resorts.
            return best == uint.MaxValue ? halves.Take(1).Select(one => one.Device)
                : options.DefaultDevices is null ? halves.Where(one => one.Path.Half(family)!.Metric == best).Select(one => one.Device)
                : [];
        }));

    /// <summary>For each device that is not the system's default, the address that an unbound socket would answer from.</summary>
    private static IEnumerable<NftablesElement> Answers(IpFamily family, IReadOnlyList<NumberedPath> paths, EncoderOptions options)
    {
        var defaults = DefaultDevices(paths, options).ToHashSet(StringComparer.Ordinal);
        var halves = paths.Where(one => one.Path.Half(family) is not null).OrderBy(one => one.Path.Half(family)!.Metric).ToList();
        var first = halves.Where(one => defaults.Contains(one.Device)).Select(one => one.Path.Half(family)).FirstOrDefault();
        return first is null
            ? []
            : halves.Select(one => one.Device).Distinct().Where(device => !defaults.Contains(device))
                .Select(device => new NftablesElement([.. OddMatches.Name(device)], [], null, [.. first.Locators[0].ToNetworkOrder()]));
    }

    private static EquatableArray<NftablesElement> OnLink(IpFamily family, IEnumerable<NumberedPath> paths, EncoderOptions options)
    {
        var prefixes = NeverSteered.Concat(options.Connected).Concat(paths.SelectMany(one => one.Path.Half(family)?.Connected ?? []))
            .Where(prefix => prefix.Family == family && prefix.Length > 0);
        return RangeSet.Of([.. prefixes.Select(prefix => new NumberRange(prefix.First.Bits, prefix.Last.Bits))]).Ranges
            .Select(range => new NftablesElement([.. new IpAddress(family, range.Low).ToNetworkOrder()], [.. new IpAddress(family, range.High).ToNetworkOrder()], null, []))
            .ToEquatableArray();
    }

    private static IpPrefix Prefix(string[] parts) => new(IpAddress.Parse(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture));
}
