using Waymark.Daemon.Loop;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Requests;

namespace Waymark.Daemon.Activities;

/// <summary>Looks again and again for the addresses of the domains that policies name.</summary>
internal sealed class NameResolving(PolicyBook book, ReconcileLoop loop, TimeProvider time) : IActivity
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var state = loop.Inputs;
            var domains = DomainReading.DomainsIn(state.Sets.Select(set => set.Set));
            if (domains.Count > 0)
            {
                var found = await DomainReading.ResolveAsync(domains, state.Names.Domains, cancellationToken);
                if (found != state.Names.Domains)
                {
                    book.Learn(found);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
