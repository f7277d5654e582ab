namespace Waymark.Benchmarks.Measurements;

/// <summary>What a detector made of a trace.</summary>
/// <param name="Changes">When it decided what, in order; before the first the path is up.</param>
/// <param name="Probes">How many probes it sent.</param>
internal sealed record Detection(List<(double At, bool IsUp)> Changes, int Probes);

/// <summary>Something that tells whether a path is up from probes alone, in one of its settings.</summary>
/// <param name="Name">Which setting.</param>
/// <param name="Run">Has it watch a trace, its first probe after a share (0 to 1) of its interval.</param>
internal sealed record Detector(string Name, Func<Trace, double, Detection> Run);
