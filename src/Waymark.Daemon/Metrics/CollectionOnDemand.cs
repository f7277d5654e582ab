namespace Waymark.Daemon.Metrics;

/// <summary>The one collection that metrics are served and pushed from, there as long as either is wanted: nothing is counted for nobody nor twice, and both count from the same moment. Of any thread.</summary>
internal sealed class CollectionOnDemand(StateInstruments state, TimeProvider time)
{
    private readonly Lock gate = new();
    private MetricCollection? collection;
    private int users;

    /// <summary>The collection, for one user more, who says by <see cref="GiveBack"/> that it is needed no longer.</summary>
    public MetricCollection Take()
    {
        lock (gate)
        {
            users++;
            return collection ??= new([LoopInstruments.Source, state.Source], time);
        }
    }

    /// <summary>Once for each <see cref="Take"/>; with the last user it ends, and what it counted is forgotten.</summary>
    public void GiveBack()
    {
        lock (gate)
        {
            if (--users == 0)
            {
                collection!.Dispose();
                collection = null;
            }
        }
    }
}
