using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>Where a packet came in, which is where its answer leaves.</summary>
/// <param name="Address">The address that was asked.</param>
/// <param name="Device">The index of the device.</param>
internal readonly record struct ArrivalPlace(IpAddress Address, int Device);
