using System.Net.Http;
using System.Net.Sockets;
using Grpc.Core;

namespace Waymark.Exchange.NodeCalls;

/// <summary>
/// Asks again where the connection broke before the answer came: for requests that bear a submission id, and that the node therefore does once, however often they come. Meanwhile the daemon may be started anew.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Resubmission(TimeProvider time)
{
    /// <summary>For how long a daemon that went away is waited for: several times what it takes to start.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How many times the connection may break: at a node that does not let us in it does each time.</summary>
    public const int MostBreaks = 3;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100), LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>The answer. Throws what the last attempt did, as <see cref="UnansweredException"/> where an earlier one may have been done.</summary>
    /// <param name="call">Begins the call, which is the same each time.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task<T> AskAsync<T>(Func<AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        var (start, breaks) = (time.GetTimestamp(), 0);
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                using var asked = call();
                return await asked.ResponseAsync;
            }
            catch (RpcException failed) when (NodeClient.IsUnreachable(failed) && !cancellationToken.IsCancellationRequested)
            {
                breaks += WasSent(failed) ? 1 : 0;
                if (breaks == 0)
                {
                    // Nobody was there from the first: nothing was done.
                    throw;
                }
                if (breaks == MostBreaks || time.GetElapsedTime(start) >= Patience)
                {
                    throw new UnansweredException(failed);
                }
            }
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    /// <summary>Whether somebody was reached, so that the request may have been done.</summary>
    private static bool WasSent(RpcException failed)
    {
        for (var cause = failed.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }:
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.AccessDenied or SocketError.InvalidArgument }:
                    return false;
            }
        }
        return true;
    }
}
