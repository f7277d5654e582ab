using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Policies;

namespace Waymark.Exchange.Wire;

/// <summary>What nodes say to each other, as messages and back. Every byte from a peer is hostile until it has passed here: bounded, of the right kind, shown without control characters.</summary>
public static class PeerTranslation
{
    /// <summary>The versions of the exchange that are spoken, lowest and highest.</summary>
    public const uint LowestVersion = 1, HighestVersion = 1;

    /// <summary>The largest message in bytes: a whole set of rules with room to spare.</summary>
    public const int MessageBytes = 4 << 20;

    /// <summary>The most shared paths that are listened to.</summary>
    private const int MostPaths = SharedChoice.MostPaths;

    private const int MostGranted = 256;

    /// <summary>A rule in the bytes that are its identity.</summary>
    public static RuleBytes ToWire(PeerRule core)
    {
        ArgumentNullException.ThrowIfNull(core);
        var policy = new Policy
        {
            Flows = core.Flows,
            Action = core.Wish is PeerWish.Own own ? own.Action : new PolicyAction.Default(),
            Else = core.Wish is PeerWish.Own { Else: var fallbacks } ? fallbacks : [],
            Established = core.Established,
        };
        var set = PolicySetTranslation.ToWire(new PolicySet { Definitions = core.Definitions, Statements = [policy] });
        var said = set.Statements[0].Policy;
        var wire = new V1.PeerRule { Name = core.Name, Precedence = (uint)core.Precedence, Definitions = { set.Definitions }, Flows = { said.Flows }, Established = said.Established };
        if (core.Wish is PeerWish.Shared shared)
        {
            wire.Shared = new() { V4 = ToWire(shared.V4), V6 = ToWire(shared.V6) };
        }
        else
        {
            wire.Own = new() { Action = said.Action, Else = { said.Else } };
        }
        return new(wire.ToByteArray());
    }

    /// <summary>The rule of some bytes from outside; null where it cannot be read, and then why, one sentence.</summary>
    public static (PeerRule? Rule, string? Fault) ToCore(RuleBytes bytes)
    {
        V1.PeerRule wire;
        try
        {
            wire = V1.PeerRule.Parser.ParseFrom(bytes.Content.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            // Foreign bytes.
            return (null, "its bytes are no rule");
        }
        if (wire.WishCase == V1.PeerRule.WishOneofCase.None)
        {
            return (null, "what it wants is not known here: it is of a newer version, or says nothing");
        }
        // The same limits and checks as for a policy set of a requester.
        var policy = new V1.Policy { Flows = { wire.Flows }, Action = wire.Own is { } own ? own.Action : new V1.Action { Default = new() }, Established = wire.Established };
        policy.Else.AddRange(wire.Own?.Else ?? []);
        var statement = new V1.Statement { Policy = policy };
        if (PolicySetTranslation.ToCore(new() { Definitions = { wire.Definitions }, Statements = { statement } }, "rule", out var diagnostics) is not { } set)
        {
            return (null, $"it cannot be read: {diagnostics[0].Message}");
        }
        var read = (Policy)set.Statements[0];
        if (PolicyLimits.FaultOf(wire.Name, PolicyLimits.NameLength) is not null || wire.Precedence > int.MaxValue)
        {
            return (null, "its name or its precedence is none");
        }
        if (wire.Shared is null)
        {
            return (new(wire.Name, (int)wire.Precedence, set.Definitions, read.Flows, read.EffectiveEstablished, new PeerWish.Own(read.Action, read.Else)), null);
        }
        return ToCore(wire.Shared.V4) is { } v4 && ToCore(wire.Shared.V6) is { } v6
            ? (new(wire.Name, (int)wire.Precedence, set.Definitions, read.Flows, read.EffectiveEstablished, new PeerWish.Shared(v4, v6)), null)
            : (null, "a shared path has no number from 1 to 255, stands twice, or there are too many");
    }

    /// <summary>The first message.</summary>
    public static V1.PeerMessage Hello(string node, TimeSpan lease, IEnumerable<IpPrefix> granted) => new()
    {
        Hello = new() { VersionLow = LowestVersion, VersionHigh = HighestVersion, Node = node, Lease = Duration.FromTimeSpan(lease), Granted = { granted.Take(MostGranted).Select(one => $"{one.First}/{one.Length}") } },
    };

    /// <summary>What a Hello says; null where it is none that can be gone on with, and then why.</summary>
    public static (PeerTerms? Terms, string? Fault) ToCore(V1.Hello wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        if (wire.VersionLow > HighestVersion || wire.VersionHigh < LowestVersion)
        {
            return (null, $"it speaks versions {wire.VersionLow} to {wire.VersionHigh} of the exchange, and this node version {HighestVersion}: one of both needs another waymarkd");
        }
        var reading = new WireReading("hello");
        var granted = wire.Granted.Take(MostGranted).Select(reading.Prefix).ToEquatableArray();
        // Others are no durations, and the library throws at them.
        var lease = wire.Lease is { Seconds: > 0 and <= 3600, Nanos: >= 0 and <= 999_999_999 } given ? given.ToTimeSpan() : TimeSpan.Zero;
        return reading.IsClean && lease > TimeSpan.Zero ? (new(ForeignText.Show(wire.Node), lease, granted), null) : (null, "its terms are none: a lease of 1 s to 1 h, and prefixes");
    }

    /// <summary>Which rules are held.</summary>
    public static V1.PeerMessage Inventory(IEnumerable<RuleDigest> rules) => new() { Inventory = new() { Rules = { rules.Select(Bytes) } } };

    /// <summary>What is to change.</summary>
    public static V1.PeerMessage ToWire(RuleUpdate core)
    {
        ArgumentNullException.ThrowIfNull(core);
        return new() { Update = new() { Put = { core.Put.Select(rule => UnsafeByteOperations.UnsafeWrap(rule.Content)) }, Removed = { core.Removed.Select(Bytes) } } };
    }

    /// <summary>What is to change; null where a digest is none, or there is more than can be held.</summary>
    public static RuleUpdate? ToCore(V1.Update wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        return wire.Put.Count <= RuleKeeping.MostRules && Digests(wire.Removed) is { Count: <= RuleKeeping.MostRules } removed ? new(wire.Put.Select(one => new RuleBytes(one.Memory)).ToEquatableArray(), removed) : null;
    }

    /// <summary>Digests; null where one is none.</summary>
    public static EquatableArray<RuleDigest>? Digests(IReadOnlyCollection<ByteString> wires)
    {
        ArgumentNullException.ThrowIfNull(wires);
        var digests = new List<RuleDigest>(wires.Count);
        foreach (var wire in wires)
        {
            if (!RuleDigest.TryRead(wire.Span, out var digest))
            {
                return null;
            }
            digests.Add(digest);
        }
        return digests.ToEquatableArray();
    }

    /// <summary>The sender's rules live on.</summary>
    public static V1.PeerMessage KeepAlive(RuleDigest all) => new() { KeepAlive = new() { Rules = Bytes(all) } };

    /// <summary>What became of rules.</summary>
    public static V1.PeerMessage ToWire(IEnumerable<RuleReport> core) => new()
    {
        Reports = new() { Reports_ = { core.Select(one => new V1.RuleReport { Rule = Bytes(one.Rule), State = ToWire(one.State), Detail = Cut(one.Detail) }) } },
    };

    /// <summary>What a peer says became of its rules; what cannot be read is passed over.</summary>
    public static IEnumerable<RuleReport> ToCore(V1.Reports wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        foreach (var one in wire.Reports_.Take(RuleKeeping.MostRules))
        {
            if (RuleDigest.TryRead(one.Rule.Span, out var rule) && one.State is > V1.RuleState.Unspecified and < V1.RuleState.Expired)
            {
                yield return new(rule, (RuleState)one.State, ForeignText.Show(Cut(one.Detail)));
            }
        }
    }

    /// <summary>What became of a rule.</summary>
    public static V1.RuleState ToWire(RuleState core) => (V1.RuleState)core;

    /// <summary>What was measured of shared paths.</summary>
    public static V1.PeerMessage ToWire(IEnumerable<KeyValuePair<int, PathCharacteristics>> core) => new()
    {
        SharedPaths = new()
        {
            Paths =
            {
                core.Select(path => new V1.SharedPath
                {
                    Number = (uint)path.Key,
                    Characteristics = { path.Value.Values.Select(one => new V1.Characteristic { Name = one.Key, Measured = DecisionTranslation.ToWire(one.Key, one.Value) }) },
                }),
            },
        },
    };

    /// <summary>What a peer measured; what is not known, out of its range or too much is passed over.</summary>
    /// <param name="wire">The message.</param>
    /// <param name="peer">Who says so: the source of every value.</param>
    /// <param name="now">When it came: the other end's clock may be another.</param>
    public static EquatableArray<KeyValuePair<int, PathCharacteristics>> ToCore(V1.SharedPaths wire, string peer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(wire);
        return wire.Paths.Where(path => path.Number is >= 1 and <= 255).DistinctBy(path => path.Number).Take(MostPaths).Select(path => KeyValuePair.Create((int)path.Number, PathCharacteristics.Of(
            new("peer", peer),
            path.Characteristics.Take(SharedMeasurements.MostValues).Select(one => (one.Name, Measured: Read(one, peer, now))).Where(one => one.Measured is not null).DistinctBy(one => one.Name)
                .Select(one => KeyValuePair.Create(one.Name, one.Measured!))))).ToEquatableArray();
    }

    private static Measured? Read(V1.Characteristic wire, string peer, DateTimeOffset now)
    {
        CharacteristicValue? value = wire.Measured?.ValueCase switch
        {
            V1.Measured.ValueOneofCase.Number when double.IsFinite(wire.Measured.Number) => CharacteristicValue.Of(wire.Measured.Number),
            V1.Measured.ValueOneofCase.Flag => CharacteristicValue.Of(wire.Measured.Flag),
            _ => null,
        };
        return value is { } known && SharedMeasurements.IsTold(wire.Name, known)
            ? new(known, now, (int)Math.Min(wire.Measured!.Samples, int.MaxValue), $"peer {peer}")
            {
                StandardError = wire.Measured.HasStandardError && double.IsFinite(wire.Measured.StandardError) && wire.Measured.StandardError >= 0 ? wire.Measured.StandardError : null,
                IsEstimated = wire.Measured.IsEstimated,
            }
            : null;
    }

    private static V1.SharedChoice ToWire(SharedChoice core) => new()
    {
        Paths = { core.Paths.Select(number => (uint)number) },
        IsStrict = core.IsStrict,
        Spread = core.Spread is { } per ? ActionTranslation.ToWire(per) : V1.BalancePer.Unspecified,
    };

    private static SharedChoice? ToCore(V1.SharedChoice? wire)
    {
        if (wire is null)
        {
            return SharedChoice.None;
        }
        var isFine = wire.Paths.Count <= SharedChoice.MostPaths && wire.Paths.All(number => number is >= 1 and <= 255) && wire.Paths.Distinct().Count() == wire.Paths.Count
            && wire.Spread is >= V1.BalancePer.Unspecified and <= V1.BalancePer.Local;
        return isFine
            ? new(wire.Paths.Select(number => (int)number).ToEquatableArray(), wire.IsStrict, wire.Spread == V1.BalancePer.Unspecified ? null : (BalancePer)(wire.Spread - 1))
            : null;
    }

    private static ByteString Bytes(RuleDigest digest) => ByteString.CopyFrom(digest.ToBytes());

    private static string Cut(string text) => text.Length <= RuleReport.LongestDetail ? text : text[..(RuleReport.LongestDetail - 3)] + "...";
}
