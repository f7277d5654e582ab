using System.Collections.Concurrent;
using System.Net.Sockets;
using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Http;

/// <summary>
/// The addresses of hosts, in one family. Names are resolved by this node's resolver, which goes by whatever path it goes: so an address that was found once is kept for as long as no newer one is found, and
/// asked for anew beside the probes. What could never be resolved says nothing of the path.
/// </summary>
internal sealed class HostAddresses(IpFamily family, ResolveName resolve, TimeProvider time) : IDisposable
{
    /// <summary>A server that moves is seen to have moved within it.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Known> hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource stop = new();

    /// <summary>The address of a host that is an address itself, or a name; or why there is none.</summary>
    /// <param name="host">The host.</param>
    /// <param name="timeout">How long the first answer is waited for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<(IpAddress? Address, string? Fault)> FindAsync(string host, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (IpAddress.TryParse(host, out var itself))
        {
            return itself.Family == family ? (itself, null) : (null, $"'{host}' is of the other family");
        }
        var one = hosts.GetOrAdd(host, _ => new());
        Task asking;
        lock (one)
        {
            if (one.Asking.IsCompleted && !(time.GetElapsedTime(0) - one.AskedAt < (one.Address is null ? RetryAfter : Lifetime)))
            {
                one.AskedAt = time.GetElapsedTime(0);
                one.Asking = Task.Run(() => AskAsync(host, one), CancellationToken.None);
            }
            asking = one.Asking;
        }
        if (one.Address is null)
        {
            try
            {
                await asking.WaitAsync(timeout, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return (null, $"'{host}' cannot be resolved: this node's resolver does not answer");
            }
        }
        return (one.Address, one.Address is null ? one.Fault : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
    }

    private async Task AskAsync(string host, Known one)
    {
        try
        {
            if (await resolve(host, family, stop.Token) is { } address)
            {
                one.Address = address;
            }
            else
            {
                one.Fault = $"'{host}' has no address of IP{family.ToString().ToLowerInvariant()}";
            }
        }
        catch (SocketException refused)
        {
            // The resolver says that it cannot, or is not there.
            one.Fault = $"'{host}' cannot be resolved: {refused.Message}";
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody asks any more.
        }
    }

    private sealed class Known
    {
        // A reference, which is read and written as a whole.
        private volatile object? address;

        public IpAddress? Address
        {
            get => (IpAddress?)address;
            set => address = value;
        }

        public volatile string? Fault;

        public TimeSpan? AskedAt { get; set; }

        public Task Asking { get; set; } = Task.CompletedTask;
    }
}
