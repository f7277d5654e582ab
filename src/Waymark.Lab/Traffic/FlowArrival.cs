using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Waymark.Lab.Traffic;

/// <summary>
/// What a <see cref="TrafficServer"/> says when the first packet of a flow arrives from an address that the one before did not have: the flow began, or moved to another path.
/// Each uplink of a lab node has addresses of its own, so the source address tells the path. Written as one line, tab-separated.
/// </summary>
/// <param name="Flow">The flow's name, as its sender calls it; no blanks.</param>
/// <param name="From">Where the packet before came from; null for the first.</param>
/// <param name="To">Where this one came from.</param>
/// <param name="Gap">From the last packet of the old address to this one, measured here at the receiver; zero for the first.</param>
/// <param name="Lost">How many of the sender's numbered packets did not arrive in between; 0 for a byte stream.</param>
public sealed record FlowArrival(string Flow, IPAddress? From, IPAddress To, TimeSpan Gap, long Lost)
{
    /// <summary>Reads a line of <see cref="ToString"/>; false where it is none.</summary>
    public static bool TryParse(string? line, [NotNullWhen(true)] out FlowArrival? arrival)
    {
        arrival = null;
        if (line?.Split('\t') is ["arrival", var flow, var from, var to, var gap, var lost]
            && IPAddress.TryParse(to, out var toAddress)
            && double.TryParse(gap, CultureInfo.InvariantCulture, out var milliseconds)
            && long.TryParse(lost, CultureInfo.InvariantCulture, out var count))
        {
            arrival = new(flow, IPAddress.TryParse(from, out var fromAddress) ? fromAddress : null, toAddress, TimeSpan.FromMilliseconds(milliseconds), count);
        }
        return arrival is not null;
    }

    /// <summary>One line without its end.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"arrival\t{Flow}\t{From?.ToString() ?? "-"}\t{To}\t{Gap.TotalMilliseconds:F1}\t{Lost}");
}
