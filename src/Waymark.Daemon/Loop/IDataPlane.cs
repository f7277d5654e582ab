using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Paths;

namespace Waymark.Daemon.Loop;

/// <summary>Modules F and G as the loop sees them: one caller at a time, but for <see cref="Kill"/>. The kernel's is the real one; tests have one in memory.</summary>
internal interface IDataPlane : IDisposable
{
    /// <summary>Puts rules in force, all or none; throws <see cref="Linux.Netlink.NetlinkException"/>, and what was in force before still is.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="paths">The paths that they were decided for.</param>
    /// <param name="losses">How many losses of links those count in: a path that was killed for a later one stays closed.</param>
    /// <returns>Rules that this kernel cannot enforce, with the reason; the others are in force.</returns>
    IReadOnlyList<RefusedRule> Apply(FilterRuleSet rules, PathSet paths, ulong losses);

    /// <summary>
    /// Ends the connections of a path that has just gone down and sends new ones to their backups, before anything is decided; from any thread, also while another
    /// applies. Throws as <see cref="Apply"/>.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="loss">The number of the loss, from 1.</param>
    void Kill(PathId path, ulong loss);

    /// <summary>Has the datagram flows of a path that was killed go to their backups with their next packet; from any thread. Throws as <see cref="Apply"/>.</summary>
    void ForgetFlows(PathId path);

    /// <summary>
    /// Puts back at once what the kernel itself has taken away with a link or an address that came back, and looks anew at what the host adds; true where there was
    /// something. Throws as <see cref="Apply"/>, and takes what it takes.
    /// </summary>
    bool Renew(FilterRuleSet rules, PathSet paths, ulong losses);

    /// <summary>Compares the kernel with what was applied and mends it; true where something was mended. Throws as <see cref="Apply"/>.</summary>
    bool Repair();

    /// <summary>Ends flows that may not go on, also those of which only a packet since has shown it; for some time after each change. Throws as <see cref="Apply"/>.</summary>
    void Sweep();

    /// <summary>Where what the kernel holds would send packets, each the first of its flow: read back, not remembered. From any thread. Throws as <see cref="Apply"/>.</summary>
    /// <param name="packets">The packets.</param>
    /// <param name="rules">The rules in force: which control groups they name.</param>
    IReadOnlyList<KernelPath> PathsOf(IReadOnlyList<Packet> packets, FilterRuleSet rules);

    /// <summary>How many flows are on each path; paths without any are left out. From any thread. Throws as <see cref="Apply"/>.</summary>
    IReadOnlyDictionary<PathId, int> CountFlows();

    /// <summary>The paths that TCP connections, given by their ends seen from here, are pinned to; without those that are pinned to none. From any thread. Throws as <see cref="Apply"/>.</summary>
    IReadOnlyDictionary<FlowEnds, PathId> PathsOf(IReadOnlyCollection<FlowEnds> connections);
}
