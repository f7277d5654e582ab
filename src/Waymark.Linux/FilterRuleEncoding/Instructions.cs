using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>The sequences of instructions that our rules are made of, each named as nft would write it.</summary>
internal static class Instructions
{
    private const uint InvalidOrUntracked = 1 | 64;

    /// <summary>IPS_CONFIRMED.</summary>
    private const uint Confirmed = 8;

    /// <summary>A rule of parts.</summary>
    public static NftablesRule Rule(params ReadOnlySpan<NftablesExpression[]> parts)
    {
        var all = new List<NftablesExpression>();
        foreach (var part in parts)
        {
            all.AddRange(part);
        }
        return new(all.ToEquatableArray());
    }

    /// <summary>A verdict.</summary>
    public static NftablesExpression[] Then(NftablesVerdict verdict) => [new Give(verdict)];

    /// <summary><c>goto CHAIN</c>.</summary>
    public static NftablesExpression[] Goto(string chain) => Then(NftablesVerdict.Goto(chain));

    /// <summary><c>jump CHAIN</c>.</summary>
    public static NftablesExpression[] Jump(string chain) => Then(NftablesVerdict.Jump(chain));

    /// <summary><c>return</c>.</summary>
    public static NftablesExpression[] Return => Then(NftablesVerdict.Return);

    /// <summary><c>meta nfproto ...</c>.</summary>
    public static NftablesExpression[] Family(IpFamily family) =>
        [new Meta(NftablesMetaKey.Family, 0), new Compare(0, NftablesComparison.Equal, [(byte)(family == IpFamily.V4 ? 2 : 10)])];

    /// <summary><c>oifname != @SET</c>, or without the <c>!=</c>.</summary>
    public static NftablesExpression[] OutputIn(string set, bool isAbsent = false) => [new Meta(NftablesMetaKey.OutputName, 0), new InSet(set, 0, isAbsent)];

    /// <summary><c>oifname vmap @MAP</c>.</summary>
    public static NftablesExpression[] OutputMap(string map) => [new Meta(NftablesMetaKey.OutputName, 0), new VerdictOf(map, 0)];

    /// <summary><c>iifname @SET</c>.</summary>
    public static NftablesExpression[] InputIn(string set) => [new Meta(NftablesMetaKey.InputName, 0), new InSet(set, 0, Absent: false)];

    /// <summary><c>meta mark &amp; MASK == VALUE</c>, or <c>!=</c>.</summary>
    public static NftablesExpression[] Mark(uint mask, uint value, bool isEqual = true) => [.. LoadMark(mask), Is(value, isEqual)];

    /// <summary><c>ct mark &amp; MASK == VALUE</c>, or <c>!=</c>.</summary>
    public static NftablesExpression[] CtMark(uint mask, uint value, bool isEqual = true) => [.. LoadCtMark(mask), Is(value, isEqual)];

    /// <summary><c>meta mark &amp; MASK vmap @MAP</c>.</summary>
    public static NftablesExpression[] MarkMap(uint mask, string map) => [.. LoadMark(mask), new VerdictOf(map, 0)];

    /// <summary><c>ct mark &amp; MASK vmap @MAP</c>.</summary>
    public static NftablesExpression[] CtMarkMap(uint mask, string map) => [.. LoadCtMark(mask), new VerdictOf(map, 0)];

    /// <summary><c>ct mark &amp; MASK @SET</c>.</summary>
    public static NftablesExpression[] CtMarkIn(uint mask, string set) => [.. LoadCtMark(mask), new InSet(set, 0, Absent: false)];

    /// <summary><c>meta mark set meta mark &amp; ~MASK | VALUE</c>: everybody else's bits survive.</summary>
    public static NftablesExpression[] SetMark(uint mask, uint value) =>
        [new Meta(NftablesMetaKey.Mark, 0), Masked(~mask, value), new SetMeta(NftablesMetaKey.Mark, 0)];

    /// <summary><c>ct mark set ct mark &amp; ~MASK | VALUE</c>.</summary>
    public static NftablesExpression[] SetCtMark(uint mask, uint value) =>
        [new Conntrack(NftablesConntrackKey.Mark, 0), Masked(~mask, value), new SetConntrack(NftablesConntrackKey.Mark, 0)];

    /// <summary><c>ct direction original</c>, or <c>reply</c>.</summary>
    public static NftablesExpression[] Direction(bool isReply) =>
        [new Conntrack(NftablesConntrackKey.Direction, 0), new Compare(0, NftablesComparison.Equal, [(byte)(isReply ? 1 : 0)])];

    /// <summary><c>ct state invalid,untracked</c>.</summary>
    public static NftablesExpression[] WithoutConnection =>
        [new Conntrack(NftablesConntrackKey.State, 0), Masked(InvalidOrUntracked, 0), Is(0, isEqual: false)];

    /// <summary><c>ct status confirmed</c>: not the first packet of its connection; or its contrary.</summary>
    public static NftablesExpression[] IsConfirmed(bool isTrue = true) => [new Conntrack(NftablesConntrackKey.Status, 0), Masked(Confirmed, 0), Is(0, isEqual: !isTrue)];

    /// <summary>A constant into register 0.</summary>
    public static NftablesExpression[] Constant(uint value) => [new Constant(0, OddMatches.Host(value))];

    /// <summary><c>ct reply ip daddr vmap @MAP</c> of the family, or <c>original</c>.</summary>
    public static NftablesExpression[] DestinationMap(IpFamily family, bool isReply, string map) =>
        [.. Family(family), new ConntrackDestination(family == IpFamily.V6, isReply, 0), new VerdictOf(map, 0)];

    /// <summary><c>meta l4proto N</c>.</summary>
    public static NftablesExpression[] Protocol(byte number) => [new Meta(NftablesMetaKey.Protocol, 0), new Compare(0, NftablesComparison.Equal, [number])];

    /// <summary><c>ip daddr @SET</c> of the family.</summary>
    public static NftablesExpression[] DestinationIn(IpFamily family, string set) =>
        [.. Family(family), LayerMap.Loaded(family, isSource: false, 0), new InSet(set, 0, Absent: false)];

    /// <summary><c>meta mark &amp; MASK</c> into register 0.</summary>
    public static NftablesExpression[] LoadMark(uint mask) => [new Meta(NftablesMetaKey.Mark, 0), Masked(mask, 0)];

    /// <summary><c>ct mark &amp; MASK</c> into a register.</summary>
    public static NftablesExpression[] LoadCtMark(uint mask, int register = 0) => [new Conntrack(NftablesConntrackKey.Mark, register), Masked(mask, 0, register)];

    private static Bitwise Masked(uint mask, uint xor, int register = 0) => new(register, OddMatches.Host(mask), OddMatches.Host(xor));

    private static Compare Is(uint value, bool isEqual) => new(0, isEqual ? NftablesComparison.Equal : NftablesComparison.NotEqual, OddMatches.Host(value));
}
