using Waymark.Daemon.Loop;

namespace Waymark.Daemon.Api;

/// <summary>What the kernel had followed when the connection was opened that a call comes by: a feature of every connection.</summary>
/// <param name="Followed">As <see cref="ReconcileLoop.Followed"/>.</param>
internal sealed record ConnectionStart(ulong Followed);
