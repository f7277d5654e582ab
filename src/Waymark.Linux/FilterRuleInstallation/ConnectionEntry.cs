using Waymark.Flows;
using Waymark.Linux.SocketDiagnosis;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>An entry of connection tracking.</summary>
/// <param name="Family">Its family.</param>
/// <param name="Protocol">Transport protocol number.</param>
/// <param name="Mark">Its mark.</param>
/// <param name="Original">The direction of its first packet.</param>
/// <param name="Reply">The other direction, as the network sees it.</param>
/// <param name="Tuple">The kernel's own bytes for the original direction, by which it is named.</param>
internal sealed record ConnectionEntry(IpFamily Family, byte Protocol, uint Mark, FlowEnds Original, FlowEnds Reply, EquatableArray<byte> Tuple);
