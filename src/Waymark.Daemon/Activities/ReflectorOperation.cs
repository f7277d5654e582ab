using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Requests;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.Nodes;
using Waymark.PathExamination.Stamp;

namespace Waymark.Daemon.Activities;

/// <summary>Runs the reflector that the node file in force asks for, or none. One that cannot run is an error in the log and nothing more: paths and flows do not hang on it.</summary>
internal sealed class ReflectorOperation(NodeBook node, TimeProvider time, ILogger<ReflectorOperation> log) : IActivity
{
    /// <summary>A port that another program holds may become free, a key file may be mended.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        StampReflector? running = null;
        ReflectorDeclaration? ofFile = null;
        string? told = null;
        try
        {
            while (true)
            {
                var change = node.Change;
                var wanted = node.Node.Reflector;
                if (wanted != ofFile && running is not null)
                {
                    await running.DisposeAsync();
                    running = null;
                    Log.ReflectorStopped(log);
                }
                ofFile = wanted;
                if (wanted is not null && running is null)
                {
                    running = TryStart(wanted, out var refusal);
                    if (running is not null)
                    {
                        Log.ReflectorStarted(log, wanted.Port, wanted.KeyFile is null ? "unauthenticated" : "authenticated");
                    }
                    else if (refusal != told)
                    {
                        Log.ReflectorRefused(log, refusal!);
                    }
                    told = refusal;
                }
                await WaitAsync(wanted is null || running is not null ? Timeout.InfiniteTimeSpan : Retry, change, cancellationToken);
            }
        }
        finally
        {
            if (running is not null)
            {
                await running.DisposeAsync();
            }
        }
    }

    private StampReflector? TryStart(ReflectorDeclaration wanted, out string? refusal)
    {
        refusal = null;
        StampKey? key = null;
        if (wanted.KeyFile is { } file && (key = StampKeyFile.Read(file, out refusal)) is null)
        {
            return null;
        }
        try
        {
            return new(new(wanted.Port, key, wanted.From), time);
        }
        catch (SocketException refused)
        {
            // Another program has the port, or we lack the right to it.
            refusal = $"cannot listen on UDP port {wanted.Port}: {refused.Message}";
            return null;
        }
    }

    /// <summary>Until the node file changes or that time has passed.</summary>
    private async Task WaitAsync(TimeSpan longest, CancellationToken change, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(change, cancellationToken);
        await Task.Delay(longest, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
