using Waymark.Lab.Traffic;

namespace Waymark.Lab.Demo;

/// <summary>What the far end of the demo's flows reports: which flow came from which address, and how long it was away. Waits for what should come.</summary>
internal sealed class ArrivalLog(TimeProvider time)
{
    private readonly Lock gate = new();
    private long newest;
    private readonly List<FlowArrival> all = [];
    private readonly List<(Func<FlowArrival, bool> Fits, TaskCompletionSource<FlowArrival> Found)> waiting = [];

    /// <summary>Reads the reports of a server's output until it ends.</summary>
    public async Task ReadAsync(System.IO.TextReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (!FlowArrival.TryParse(line, out var arrival))
            {
                continue;
            }
            lock (gate)
            {
                all.Add(arrival);
                newest = time.GetTimestamp();
                foreach (var one in waiting.Where(one => one.Fits(arrival)).ToList())
                {
                    waiting.Remove(one);
                    one.Found.TrySetResult(arrival);
                }
            }
        }
    }

    /// <summary>How many reports there are so far: a place to count from.</summary>
    public int Mark()
    {
        lock (gate)
        {
            return all.Count;
        }
    }

    /// <summary>The reports since <paramref name="mark"/>.</summary>
    public IReadOnlyList<FlowArrival> Since(int mark)
    {
        lock (gate)
        {
            return [.. all.Skip(mark)];
        }
    }

    /// <summary>The last report of a flow; null where there is none.</summary>
    public FlowArrival? Last(string flow)
    {
        lock (gate)
        {
            return all.FindLast(one => one.Flow == flow);
        }
    }

    /// <summary>Whether no flow has moved for so long.</summary>
    public bool AreSettled(TimeSpan quiet)
    {
        lock (gate)
        {
            return time.GetElapsedTime(newest) >= quiet;
        }
    }

    /// <summary>The first report since <paramref name="mark"/> that fits; null where none comes in time.</summary>
    public async Task<FlowArrival?> AwaitAsync(int mark, Func<FlowArrival, bool> fits, TimeSpan patience, CancellationToken cancellationToken)
    {
        Task<FlowArrival> found;
        lock (gate)
        {
            if (all.Skip(mark).FirstOrDefault(fits) is { } there)
            {
                return there;
            }
            var source = new TaskCompletionSource<FlowArrival>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((fits, source));
            found = source.Task;
        }
        try
        {
            return await found.WaitAsync(patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
