using Waymark.Policies.Language;

namespace Waymark.Lab.Topologies;

/// <summary>What came of reading a lab file.</summary>
/// <param name="File">The file; null where there is an error.</param>
/// <param name="Diagnostics">Errors and warnings, in order of place.</param>
public sealed record LabParse(LabFile? File, EquatableArray<Diagnostic> Diagnostics);
