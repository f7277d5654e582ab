using Grpc.Core;
using Waymark.Exchange.NodeCalls;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli;

/// <summary>A set that is in force while this command runs: held again whenever the connection broke, and withdrawn at the end.</summary>
/// <param name="client">The node.</param>
/// <param name="request">The set, and by what lease: it is the same whenever it is held again, for nobody knows which call was the last that the node heard.</param>
/// <param name="time">The clock.</param>
/// <param name="tell">Shows that it is in force.</param>
internal sealed class HeldSet(NodeClient client, V1.HoldRequest request, TimeProvider time, Action<V1.HoldResponse> tell)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100), LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>How long the last word may take: a shell that was told to end waits no longer.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>Holds it until cancelled, or until it is withdrawn; an exit code. Throws <see cref="RpcException"/> where the node refuses it, or does not answer from the first.</summary>
    public async Task<int> HoldAsync(CancellationToken cancellationToken)
    {
        var wait = FirstWait;
        var wasHeld = false;
        while (true)
        {
            try
            {
                using var held = client.Policies.Hold(request, cancellationToken: cancellationToken);
                while (await held.ResponseStream.MoveNext(cancellationToken))
                {
                    tell(held.ResponseStream.Current);
                    (wait, wasHeld) = (FirstWait, true);
                }
                Invocation.Fail($"'{request.Name}' was withdrawn");
                return ExitCodes.Failed;
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                // Ctrl-C.
                await WithdrawAsync();
                return ExitCodes.Done;
            }
            catch (RpcException lost) when (wasHeld && NodeClient.IsUnreachable(lost))
            {
                if (wait == FirstWait)
                {
                    Invocation.Fail($"{client.Describe(lost)}; trying again");
                }
            }
            try
            {
                await Task.Delay(wait, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Ctrl-C between two tries: the node may be there again.
                await WithdrawAsync();
                return ExitCodes.Done;
            }
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    /// <summary>Says that it is over: without, the set would stay for as long as was agreed. By now another may hold a set of that name, or one that stays bear it: neither is meant.</summary>
    private async Task WithdrawAsync()
    {
        try
        {
            await client.Policies.WithdrawAsync(new() { Name = request.Name, Lease = request.Lease }, deadline: (time.GetUtcNow() + Farewell).UtcDateTime);
        }
        catch (RpcException)
        {
            // Gone already, or nobody hears it: it goes with the connection, or the grace behind it.
        }
    }
}
