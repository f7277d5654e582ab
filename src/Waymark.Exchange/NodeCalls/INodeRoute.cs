using System.Net.Http;
using Grpc.Core;

namespace Waymark.Exchange.NodeCalls;

/// <summary>A way to a daemon: how it is reached, and what it means that it was not.</summary>
internal interface INodeRoute
{
    /// <summary>What requests name as their server.</summary>
    Uri Address { get; }

    /// <summary>What carries requests there.</summary>
    SocketsHttpHandler MakeHandler();

    /// <summary>Why a call did not get through, and what would help, in one sentence.</summary>
    string Unreachable(RpcException failed);
}
