using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Changes what stands in the kernel by messages of its own, as no program of ours would.</summary>
internal sealed class MutableKernel : IDisposable
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private readonly NftablesSocket nftables;
    private readonly RoutingSocket routing;

    public MutableKernel(World world) => (nftables, routing) = world.Node.Run(() => (new NftablesSocket(), new RoutingSocket()));

    public NftablesTable Table => nftables.Read("waymark", TimeProvider.System.GetUtcNow())!;

    public IReadOnlyList<RoutingRule> Rules => [.. Families.SelectMany(routing.Rules)];

    public IReadOnlyList<Route> Routes => [.. Families.SelectMany(family => routing.Routes(family))];

    /// <summary>Indexes of devices by name.</summary>
    public IReadOnlyDictionary<string, int> Devices => routing.Links().ToDictionary(link => link.Name, link => link.Index);

    public RouteAnswer? Lookup(RouteQuestion question)
    {
        try
        {
            return routing.Lookup(question);
        }
        catch (NetlinkException)
        {
            // Refused, which is an answer.
            return null;
        }
    }

    /// <summary>Puts the mutant in place of what was; false where the kernel refuses it, and all is as before.</summary>
    public bool TryMake(KernelMutant mutant)
    {
        try
        {
            Replace(mutant, isBack: false);
            return true;
        }
        catch (NetlinkException)
        {
            // No such table can be: what was is still there, or is put back.
            if (mutant is KernelMutant.OfRoute or KernelMutant.OfIpRule)
            {
                Replace(mutant, isBack: true);
            }
            return false;
        }
    }

    /// <summary>Puts back what was.</summary>
    public void Undo(KernelMutant mutant) => Replace(mutant, isBack: true);

    public void Dispose()
    {
        nftables.Dispose();
        routing.Dispose();
    }

    private void Replace(KernelMutant mutant, bool isBack)
    {
        switch (mutant)
        {
            case KernelMutant.OfElement(var set, var was, var becomes):
                var (gone, there) = isBack ? (becomes, was) : (was, becomes);
                nftables.Commit("waymark", "turn a bit", messages =>
                {
                    messages.DeleteElements(set, [gone], isForgiving: false);
                    messages.AddElements(set, [there], TimeProvider.System.GetUtcNow());
                });
                break;
            case KernelMutant.OfInstruction(var was, var becomes, _):
                nftables.Commit("waymark", "turn a bit", messages =>
                {
                    messages.FlushChain(was.Name);
                    foreach (var rule in (isBack ? was : becomes).Rules)
                    {
                        messages.AddRule(was.Name, rule);
                    }
                });
                break;
            case KernelMutant.OfIpRule(var was, var becomes):
                routing.Delete(isBack ? becomes : was);
                routing.Add(isBack ? was : becomes);
                break;
            case KernelMutant.OfRoute(var was, var becomes):
                routing.Delete(isBack ? becomes : was);
                routing.Replace(isBack ? was : becomes);
                break;
        }
    }
}
