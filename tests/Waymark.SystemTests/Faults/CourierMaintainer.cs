using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Waymark.Paths;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// A made-up protocol: it carries flows to one peer over lines of its own and can move a live flow from one line to another. What it knows is what its test says.
/// </summary>
internal sealed class CourierMaintainer : IPathMaintainer
{
    private readonly Channel<PathSet> said = Channel.CreateUnbounded<PathSet>();

    public string Protocol => "courier";

    /// <summary>Its lines from now on.</summary>
    public void Say(params Path[] lines) => said.Writer.TryWrite(new(lines));

    public async IAsyncEnumerable<PathSet> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PathSet? last = null;
        await foreach (var set in said.Reader.ReadAllAsync(cancellationToken))
        {
            if (set != last)
            {
                yield return last = set;
            }
        }
    }
}
