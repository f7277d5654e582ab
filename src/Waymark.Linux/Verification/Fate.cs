using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>What becomes of packets.</summary>
/// <param name="Kind">What.</param>
/// <param name="Path">The number of the path that they take; 0: none of ours, -1: their mark is of no path.</param>
internal readonly record struct Fate(FlowFate Kind, int Path = 0)
{
    /// <summary>They are left to the system's own routing.</summary>
    public static Fate LeftAlone => new(FlowFate.LeftAlone);

    /// <summary>They are refused.</summary>
    public static Fate Refused => new(FlowFate.Refused);

    /// <summary>They are sent by the path of that number, or not at all.</summary>
    public static Fate By(int path) => new(FlowFate.Steered, path);

    /// <summary>That of packets that came out of a hook so.</summary>
    public static Fate Of(HookResult result, Territory territory)
    {
        var own = result.State.Mark & territory.FwMark;
        return result.Ending == Ending.Refused ? Refused
            : own == 0 ? LeftAlone
            : (own & territory.StrictBit) != 0 && own != territory.StrictBit ? By((int)((own & territory.PathMask) / territory.Mark(1)))
            : By(-1);
    }
}

/// <summary>What the decision says of packets in a situation.</summary>
/// <param name="Fate">What becomes of them.</param>
internal sealed record Expected(Fate Fate)
{
    /// <summary>Where flows are spread: the shares of their paths, in slots; else empty.</summary>
    public EquatableArray<(int Path, int Slots)> Shares { get; init; } = [];

    /// <summary>Of what such a spread takes the hash, as <see cref="Registers.HeaderBytes"/> says it: what is to stay together.</summary>
    public string Hashed { get; init; } = "";

    /// <summary>The class that their connection bears afterwards; null: whichever.</summary>
    public int? Class { get; init; }

    /// <summary>The path that their connection is pinned to afterwards; null: that of the fate, where it is a path.</summary>
    public int? Pin { get; init; }

    /// <summary>The generation of rules that their connection bears afterwards; null: whichever.</summary>
    public int? Generation { get; init; }

    /// <summary>The addresses that they may leave from: others become the first of them. Empty: every one stays as it is.</summary>
    public EquatableArray<IpAddress> Locators { get; init; } = [];

    /// <summary>The address that their destination becomes; null: it stays.</summary>
    public IpAddress? Destination { get; init; }

    /// <summary>The only addresses that become another; null: all but <see cref="Locators"/>.</summary>
    public RangeSet? Translated { get; init; }

    /// <summary>Whether the sources of a region become what they should.</summary>
    public bool AllowsTranslation(IpAddress? to, Region region, PacketSpace space)
    {
        var box = region.Box.Box;
        if (Translated is { } others)
        {
            var foreign = new FlowBox { Family = box.Family, Local = others };
            return to is null ? others.IsEmpty || !Has(box.Intersect(foreign)) : to == Locators[0] && !box.Subtract(foreign).Any(Has);
        }
        if (Locators.IsEmpty)
        {
            return to == Destination;
        }
        var own = RangeSet.Of([.. Locators.Select(address => new NumberRange(address.Bits, address.Bits))]);
        return to is { } address ? address == Locators[0] : box.Local is { } sources && own.Contains(sources);

        // What takes too long to find out counts as there: then the translation is told as wrong, and never taken for right unseen.
        bool Has(FlowBox? part) => part is not null && (Remainder.Of(part, [.. region.Met?.Overlapping(space.Of(part)) ?? []], space, out var isDecided) is not null || !isDecided);
    }

    /// <summary>Whether packets with that fate, the slots of a hash that lead to it, are what is expected.</summary>
    public bool Allows(Fate fate, MachineState state) => Shares.IsEmpty
        ? fate == Fate
        : fate.Kind == FlowFate.Steered && state.Modulus == Shares.Sum(share => share.Slots) && state.Hashed == Hashed && Shares.Any(share => share.Path == fate.Path && share.Slots == state.Slots);
}
