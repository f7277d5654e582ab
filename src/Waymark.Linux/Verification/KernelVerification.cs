using Waymark.Linux.FilterRuleEncoding;

namespace Waymark.Linux.Verification;

/// <summary>
/// Holds a kernel to a decision: rebuilds what its nftables, routing rules and routes do with every packet in every situation, and tells each difference by a packet. Knows nothing of how the rules were
/// made: whoever made them, they do what the decision says or they do not.
/// </summary>
public static class KernelVerification
{
    /// <summary>Compares a kernel with a decision.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="decision">The decision; the indexes of its paths' devices, its default devices and connected prefixes are taken from the kernel.</param>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="most">How many differences are told.</param>
    public static VerificationReport Verify(KernelState kernel, VerifiedDecision decision, Territory territory, int most)
    {
        if (kernel.Table is not { } table)
        {
            return new() { NotUnderstood = [$"there is no table 'inet {territory.Table}': nothing is enforced"] };
        }
        var report = TableVerification.Verify(
            table, kernel.Rules, kernel.Routes, index => kernel.Devices.GetValueOrDefault(index, $"device {index}"), kernel.Place(decision, territory), territory, most);
        return report with { NotUnderstood = [.. report.NotUnderstood, .. kernel.NotUnderstood], Others = kernel.Others };
    }
}
