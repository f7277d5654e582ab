using System.Threading.Channels;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>The node's only link, examined as a path of one family.</summary>
internal sealed class ExaminedWan : IAsyncDisposable
{
    private readonly Channel<PathCharacteristics> seen = Channel.CreateUnbounded<PathCharacteristics>();

    public ExaminedWan(StampWorld world, IpFamily family, ProbeSettings settings, IReadOnlyList<IProbeKind>? kinds = null)
    {
        Path = new()
        {
            Id = new("ip", "wan0"),
            Name = "wan0",
            Device = "wan0",
            DeviceIndex = 1,
            Halves = [new PathHalf { Family = family, Locators = [IpAddress.Parse(StampWorld.Source(family))] }],
        };
        var options = new PathExaminerOptions(_ => settings, _ => new Dictionary<string, Measured>(), _ => 0) { Kinds = kinds };
        Examiner = world.Node.Network.Run(() => new PathExaminer(options, set => seen.Writer.TryWrite(set.Of(Path.Id)), world.Thread, 1));
        world.Node.Network.Run(() => Examiner.Examine(new([Path])));
    }

    public Path Path { get; }

    public PathExaminer Examiner { get; }

    /// <summary>The next snapshot that fits.</summary>
    public async Task<PathCharacteristics> Await(Func<PathCharacteristics, bool> fits)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (await seen.Reader.ReadAsync(patience.Token) is var one)
        {
            if (fits(one))
            {
                return one;
            }
        }
        throw new InvalidOperationException("No snapshot fits.");
    }

    public ValueTask DisposeAsync() => Examiner.DisposeAsync();
}
