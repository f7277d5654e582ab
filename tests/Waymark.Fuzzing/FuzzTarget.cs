namespace Waymark.Fuzzing;

/// <summary>Something that reads bytes from outside, and what has to be true of it whatever they are.</summary>
/// <param name="Name">What it is called on the command line; its corpus too.</param>
/// <param name="Seeds">Inputs to begin with, small and different.</param>
/// <param name="Take">
/// Reads an input; throws where what its reader promises is not kept. True for an input that got far into it and that no seed is: there a bug is planted when it is asked whether one would be found.
/// </param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], bool> Take)
{
    /// <summary>Words that inputs are made of, for readers of text; empty: none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];
}
