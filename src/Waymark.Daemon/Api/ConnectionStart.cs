namespace Waymark.Daemon.Api;

/// <summary>When the connection was opened that a call comes by: a feature of every connection.</summary>
/// <param name="At">As <see cref="TimeProvider.GetTimestamp"/>: comparable in this process, whatever is done to the clock of the day.</param>
internal sealed record ConnectionStart(long At);
