namespace Waymark.Tariffs;

/// <summary>A path whose bytes are counted.</summary>
/// <param name="Name">The administrator's name for it: by that it is billed, whichever device it is.</param>
/// <param name="LinkIndex">The device that it is at the moment; 0: none.</param>
/// <param name="Meters">What is counted of it, each once; not empty.</param>
public sealed record CountedPath(string Name, int LinkIndex, EquatableArray<Meter> Meters);
