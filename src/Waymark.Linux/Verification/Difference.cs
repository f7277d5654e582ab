using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Linux.Verification;

/// <summary>Packets with which the kernel does something else than the decision says.</summary>
/// <param name="Situation">In which situation, in words.</param>
/// <param name="Packet">One of them.</param>
/// <param name="Origin">Whose policy decides it; null: none does.</param>
/// <param name="Decided">What the decision says, in words.</param>
/// <param name="Does">What the kernel would do, in words.</param>
/// <param name="By">By which elements, rules and routes, in the order in which the packet meets them.</param>
public sealed record Difference(string Situation, Packet Packet, PolicyOrigin? Origin, string Decided, string Does, EquatableArray<string> By)
{
    /// <summary>How many more parts of the packet space differ in the same way.</summary>
    public int Others { get; init; }
}

/// <summary>What a verification found.</summary>
public sealed record VerificationReport
{
    /// <summary>Every difference, one packet each.</summary>
    public EquatableArray<Difference> Differences { get; init; } = [];

    /// <summary>What was not understood, a sentence each: of packets that come by there nothing is proven.</summary>
    public EquatableArray<string> NotUnderstood { get; init; } = [];

    /// <summary>What other programs do to our packets or marks, a sentence each: of packets that they touch nothing is proven.</summary>
    public EquatableArray<string> Others { get; init; } = [];

    /// <summary>The situations that were looked at.</summary>
    public int Situations { get; init; }

    /// <summary>Regions of the packet space, over all situations, that were compared as wholes.</summary>
    public long Regions { get; init; }

    /// <summary>Elements of sets and maps that were read.</summary>
    public int Elements { get; init; }

    /// <summary>Rules of nftables that were read.</summary>
    public int Rules { get; init; }

    /// <summary>Routing rules and routes that were read.</summary>
    public int Routes { get; init; }

    /// <summary>Whether the kernel does what the decision says, and all of it was understood.</summary>
    public bool IsEqual => Differences.IsEmpty && NotUnderstood.IsEmpty && Others.IsEmpty;
}
