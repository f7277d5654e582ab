using Waymark.Flows;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Sees to it that no packet of a run is taken by connection tracking for one of a flow that another packet has begun.</summary>
internal sealed class FlowIdentities
{
    private readonly HashSet<(byte, IpAddress, ushort?, IpAddress, ushort?)> ports = [];
    private readonly HashSet<(byte, IpAddress)> locals = [], peers = [];

    /// <summary>Whether tracking makes a connection of the packet; an error or an answer that nobody asked for has none.</summary>
    public static bool HasConnection(Packet packet) => packet.Protocol switch
    {
        // Requests for an echo, the time, information, the mask (RFC 792, RFC 950).
        1 => packet.IcmpType is 8 or 13 or 15 or 17,
        // Requests for an echo, and for a node's information (RFC 4443, RFC 4620).
        58 => packet.IcmpType is 128 or 139,
        _ => true,
    };

    /// <summary>False where the packet would be of a flow that was taken before.</summary>
    public bool TryTake(Packet packet)
    {
        switch (packet.Protocol)
        {
            case 1 or 58:
                // The identifier is the flow's own.
                return true;
            case 6 or 17 or 132 or 136:
                return !ports.Contains((packet.Protocol, packet.Peer, packet.PeerPort, packet.Local, packet.LocalPort))
                    && ports.Add((packet.Protocol, packet.Local, packet.LocalPort, packet.Peer, packet.PeerPort));
            default:
                // Without ports, all that come from one translated address to one peer are one flow.
                if (peers.Contains((packet.Protocol, packet.Peer)) || peers.Contains((packet.Protocol, packet.Local)) || locals.Contains((packet.Protocol, packet.Peer)))
                {
                    return false;
                }
                locals.Add((packet.Protocol, packet.Local));
                return peers.Add((packet.Protocol, packet.Peer));
        }
    }
}
