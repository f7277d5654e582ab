using Waymark.Paths;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Where the rules that the kernel has would send the first packet of a flow.</summary>
/// <param name="Class">Number of its class; 0 where no filter rule matches.</param>
/// <param name="Fate">What becomes of it.</param>
/// <param name="Path">The path that it takes; null where it takes none of ours.</param>
/// <param name="Mark">The firewall mark that routing sees on its packets, with the strict bit; 0 where it takes none of ours.</param>
public sealed record KernelPath(int Class, FlowFate Fate, PathId? Path, uint Mark);

/// <summary>What becomes of a flow.</summary>
public enum FlowFate
{
    /// <summary>Left to the operating system's own routing.</summary>
    LeftAlone,

    /// <summary>Sent by a path.</summary>
    Steered,

    /// <summary>Refused.</summary>
    Refused,
}
