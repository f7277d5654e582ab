using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Http;

namespace Waymark.Tests.PathExamination;

public sealed class HostAddressesTests : IDisposable
{
    private static readonly IpAddress First = IpAddress.Parse("192.0.2.1"), Second = IpAddress.Parse("192.0.2.2");

    private readonly SteppedClock time = new();
    private readonly HostAddresses hosts;
    private Func<Task<IpAddress?>> resolve = () => Task.FromResult<IpAddress?>(First);
    private int asked;

    public HostAddressesTests() => hosts = new(
        IpFamily.V4,
        (_, _, _) =>
        {
            Interlocked.Increment(ref asked);
            return resolve();
        },
        time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => hosts.Dispose();

    [Fact]
    public async Task An_address_is_not_resolved()
    {
        Assert.Equal((First, null), await Find("192.0.2.1"));
        Assert.Equal((null, "'2001:db8::1' is of the other family"), await Find("2001:db8::1"));
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_name_is_resolved_once_and_anew_beside_the_probes()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((First, null), await Find("example.net"));
        }
        Assert.Equal(1, asked);
        var newer = new TaskCompletionSource<IpAddress?>();
        resolve = () => newer.Task;
        time.Advance(TimeSpan.FromMinutes(5));
        // Nobody waits for it.
        Assert.Equal((First, null), await Find("example.net"));
        newer.SetResult(Second);
        while ((await Find("example.net")).Address != Second)
        {
            await Task.Delay(1, Cancel);
        }
    }

    [Fact]
    public async Task What_was_found_once_stays_while_the_resolver_fails()
    {
        await Find("example.net");
        resolve = () => throw new SocketException((int)SocketError.TryAgain);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((First, null), await Find("example.net"));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref asked) == 2, TimeSpan.FromSeconds(10)));
        Assert.Equal((First, null), await Find("example.net"));
    }

    [Fact]
    public async Task What_cannot_be_resolved_is_a_fault_and_asked_for_again_after_a_while()
    {
        resolve = () => throw new SocketException((int)SocketError.HostNotFound);
        var (address, fault) = await Find("example.net");
        Assert.Null(address);
        Assert.StartsWith("'example.net' cannot be resolved: ", fault, StringComparison.Ordinal);
        resolve = () => Task.FromResult<IpAddress?>(null);
        Assert.Equal(fault, (await Find("example.net")).Fault);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((null, "'example.net' has no address of IPv4"), await Find("example.net"));
        Assert.Equal(2, asked);
    }

    private Task<(IpAddress? Address, string? Fault)> Find(string host) => hosts.FindAsync(host, TimeSpan.FromMinutes(1), Cancel);

    private sealed class SteppedClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref ticks);

        public void Advance(TimeSpan step) => Interlocked.Add(ref ticks, step.Ticks);
    }
}
