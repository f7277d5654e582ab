using System.Numerics;
using Waymark.Nodes;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Every number of the kernel's that is ours; nothing outside is ever changed. All can be configured, for hosts where another program has taken them.
/// </summary>
/// <remarks>
/// <code>
/// fwmark   31 30 29....24 23.......................0        ct mark  31 30 29....24 23........14 13...........0
///           -  S  path     others'                                    gen   path     class       others'
/// </code>
/// Bits that others are known to use in the fwmark: 0-7 and whole values (wg-quick 0xca6c, Istio 0x1337, App Mesh 0x1e7700ce), 8-11 Cilium, 8-13 mwan3,
/// 14-15 Kubernetes, 16-23 Tailscale and OpenWrt's pbr, 16-31 Calico (clashes by default; its mask is configurable as well).
/// </remarks>
public sealed record Territory
{
    /// <summary>What everybody starts with.</summary>
    public static Territory Default { get; } = new();

    /// <summary>The name of our nftables table, of family inet.</summary>
    public string Table { get; init; } = "waymark";

    /// <summary>
    /// Our bits of the packet mark: adjacent; the highest says "by this path or not at all", the others number the path. Seven bits above those of Tailscale, pbr,
    /// mwan3, Cilium and Kubernetes; bit 31 is left to those who use the sign.
    /// </summary>
    public uint FwMark { get; init; } = 0x7f000000;

    /// <summary>Our bits of the connection mark: adjacent; from the top two of generation, as many of path as <see cref="FwMark"/> has, the rest number the class. mwan3 has 8-13.</summary>
    public uint CtMark { get; init; } = 0xffffc000;

    /// <summary>The routing table of path number 1 is the next one; far from the reserved ones (253-255), from NetBird's 7120, wg-quick's 51820 and systemd's VRFs.</summary>
    public uint FirstTable { get; init; } = 27100;

    /// <summary>
    /// Priority of the first of our ip rules; we use this and the next 49. After the local table (0), before main (32766), before Tailscale's (5210-5270 are before
    /// us: whoever bypasses there has been left alone on purpose) and systemd-networkd's default (32765).
    /// </summary>
    public uint Priority { get; init; } = 7100;

    /// <summary>Priority of the first of the last-resort rules, one a path: after main (32766) and default (32767), so that they touch only what would fail.</summary>
    public uint LastResort { get; init; } = 32770;

    /// <summary>Protocol number on each of our routes and rules (RTPROT_*, FRA_PROTOCOL): a free one of iproute2's rt_protos; what does not bear it is not ours.</summary>
    public byte Protocol { get; init; } = 177;

    /// <summary>Seed of the hash that spreads flows; fixed, so that the same two hosts keep their path across restarts.</summary>
    public uint Seed { get; init; } = 0x77617920;

    /// <summary>How many paths can be numbered.</summary>
    public int Paths => (1 << PathBits) - 2;

    /// <summary>
    /// The mark of our own probes: the number above the highest path's, which stands for no path. It keeps the filter rules' hands off them, so that a path that is closed
    /// for everybody else can still be seen to come back; the device that they are bound to leads them.
    /// </summary>
    public uint ProbeMark => PathMask;

    /// <summary>The highest class number.</summary>
    public int Classes => (1 << (BitOperations.PopCount(CtMark) - 2 - PathBits)) - 1;

    internal uint StrictBit => 1u << (31 - BitOperations.LeadingZeroCount(FwMark));

    internal uint PathMask => FwMark & ~StrictBit;

    internal uint CtGenerationMask => 3u << (30 - BitOperations.LeadingZeroCount(CtMark));

    internal uint CtPathMask => ((1u << PathBits) - 1) << (BitOperations.TrailingZeroCount(CtGenerationMask) - PathBits);

    internal uint CtClassMask => CtMark & ~CtGenerationMask & ~CtPathMask;

    private int PathBits => BitOperations.PopCount(FwMark) - 1;

    /// <summary>The numbers that the node file gives us.</summary>
    public static Territory Of(NodeFile node) => Default with
    {
        FwMark = node.FirewallMark,
        CtMark = node.ConntrackMark,
        FirstTable = node.Tables.Low,
        Priority = node.Priorities.Low,
    };

    /// <summary>Throws <see cref="ArgumentException"/> where the masks are not as their descriptions say.</summary>
    public void Check()
    {
        if (!IsAdjacent(FwMark) || !IsAdjacent(CtMark) || PathBits is < 2 or > 8 || BitOperations.PopCount(CtMark) < PathBits + 6)
        {
            throw new ArgumentException(
                $"fwmark 0x{FwMark:x8} and ctmark 0x{CtMark:x8}: each must be one run of bits; fwmark 3 to 9 of them, ctmark at least 5 more than fwmark.");
        }
    }

    /// <summary>The mark (under <see cref="PathMask"/>) of path <paramref name="number"/>.</summary>
    internal uint Mark(int number) => (uint)number << BitOperations.TrailingZeroCount(PathMask);

    /// <summary>The connection mark (under <see cref="CtPathMask"/>) of path <paramref name="number"/>.</summary>
    internal uint CtPath(int number) => (uint)number << BitOperations.TrailingZeroCount(CtPathMask);

    /// <summary>The connection mark (under <see cref="CtClassMask"/>) of class <paramref name="number"/>.</summary>
    internal uint CtClass(int number) => (uint)number << BitOperations.TrailingZeroCount(CtClassMask);

    /// <summary>The connection mark (under <see cref="CtGenerationMask"/>) of a generation, 1 to 3; 0 is that of connections never classified.</summary>
    internal uint CtGeneration(int generation) => (uint)generation << BitOperations.TrailingZeroCount(CtGenerationMask);

    /// <summary>The path that a connection mark bears; 0: none.</summary>
    internal int PathIn(uint connectionMark) => (int)((connectionMark & CtPathMask) >> BitOperations.TrailingZeroCount(CtPathMask));

    /// <summary>The class that a connection mark bears; 0: none.</summary>
    internal int ClassIn(uint connectionMark) => (int)((connectionMark & CtClassMask) >> BitOperations.TrailingZeroCount(CtClassMask));

    /// <summary>The generation that a connection mark bears; 0: it was never classified.</summary>
    internal int GenerationIn(uint connectionMark) => (int)((connectionMark & CtGenerationMask) >> BitOperations.TrailingZeroCount(CtGenerationMask));

    /// <summary>The routing table of path <paramref name="number"/>.</summary>
    internal uint TableOf(int number) => FirstTable + (uint)number;

    private static bool IsAdjacent(uint mask) => mask != 0 && BitOperations.PopCount(mask) == 32 - BitOperations.LeadingZeroCount(mask) - BitOperations.TrailingZeroCount(mask);
}
