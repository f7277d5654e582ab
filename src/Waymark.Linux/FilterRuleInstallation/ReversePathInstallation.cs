using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Makes the reverse-path filter of path devices loose where it is strict, and what it was again when we go.</summary>
/// <param name="routing">The kernel's devices.</param>
/// <param name="pass">Called after each change.</param>
internal sealed class ReversePathInstallation(RoutingSocket routing, Action pass) : IDisposable
{
    private readonly ReversePathFilter filter = new();

    /// <summary>The path devices whose filter is strict.</summary>
    public List<Link> Strict(EncodedRuleSet wanted) => [.. routing.Links().Where(link => wanted.LooseDevices.Contains(link.Name) && filter.IsStrict(link.Index))];

    /// <summary>The wanted table, and in it what was remembered before and what the strict devices have: it is in the kernel before anything is changed.</summary>
    public NftablesTable Remember(NftablesTable wanted, NftablesTable? installed, List<Link> strict)
    {
        var remembered = RememberedReversePath.Of(installed);
        strict.ForEach(link => remembered.TryAdd(link.Name, filter.Own(link.Index)));
        return RememberedReversePath.AddTo(wanted, remembered);
    }

    /// <summary>Makes them loose; one that the kernel refuses becomes a problem, not a failure.</summary>
    public void Loosen(List<Link> strict, List<string> problems)
    {
        foreach (var link in strict)
        {
            try
            {
                filter.Set(link.Index, RememberedReversePath.Loose);
            }
            catch (NetlinkException refused)
            {
                // Flows that leave by the path still do; the host's own filter drops their answers.
                problems.Add($"{refused.Message}; set net.ipv4.conf.{link.Name}.rp_filter=2, or flows steered to it get no answers");
            }
            pass();
        }
    }

    /// <summary>Gives devices back what is remembered, where nobody else has changed it since.</summary>
    public void Restore(NftablesTable? installed)
    {
        var remembered = RememberedReversePath.Of(installed);
        foreach (var link in routing.Links().Where(link => remembered.ContainsKey(link.Name) && filter.Own(link.Index) == RememberedReversePath.Loose))
        {
            filter.Set(link.Index, remembered[link.Name]);
            pass();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => filter.Dispose();
}
