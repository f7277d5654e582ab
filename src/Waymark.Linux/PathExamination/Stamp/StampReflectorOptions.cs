using Waymark.Flows;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>Whom a reflector answers.</summary>
/// <param name="Port">The UDP port, 1 to 65535; 0: any free one.</param>
/// <param name="Key">Of the authenticated mode, the only one then; null: unauthenticated.</param>
/// <param name="From">Prefixes of senders; none: whoever has the key.</param>
public sealed record StampReflectorOptions(int Port, StampKey? Key, EquatableArray<IpPrefix> From);
