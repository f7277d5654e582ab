namespace Waymark.Lab.Links;

/// <summary>How much later than due the relay delivered packets: from the sender's call to the delivery, less the link's delay.</summary>
/// <param name="Packets">How many were measured, both ways.</param>
/// <param name="Doubtful">How many more came, whose sender was stopped in the middle of sending: by the measurement's fault they seem late, and they are not counted.</param>
/// <param name="Rate">What was sent each way, in bit/s.</param>
/// <param name="Median">Half of the packets were at most this late.</param>
/// <param name="P99">99 of 100 packets were at most this late.</param>
/// <param name="Most">The latest.</param>
public sealed record RelayLateness(int Packets, int Doubtful, double Rate, TimeSpan Median, TimeSpan P99, TimeSpan Most);
