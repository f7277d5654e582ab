using Grpc.Core;

namespace Waymark.Exchange.NodeCalls;

/// <summary>A request went out and no answer came: it may have been done, or not.</summary>
/// <param name="last">What the last attempt came to.</param>
internal sealed class UnansweredException(RpcException last) : RpcException(last.Status, last.Trailers);
