namespace Waymark.Linux.Verification;

/// <summary>Files that somebody saved of a kernel.</summary>
/// <param name="Ruleset">What <c>nft list ruleset</c> printed, with or without <c>-j</c>.</param>
/// <param name="Routing4">What <c>ip -4 -N -j rule</c>, <c>ip -4 -N -j route show table all</c> and <c>ip -4 -N -j address</c> printed, one after the other.</param>
/// <param name="Routing6">The same of <c>ip -6</c>.</param>
public sealed record SavedKernel(SavedFile Ruleset, SavedFile Routing4, SavedFile Routing6);

/// <summary>A file.</summary>
/// <param name="Name">What its reader calls it.</param>
/// <param name="Text">What is in it.</param>
public sealed record SavedFile(string Name, ReadOnlyMemory<byte> Text)
{
    /// <summary>Reads it; the name stands in front of what is wrong with it.</summary>
    internal T Read<T>(Func<ReadOnlyMemory<byte>, T> read)
    {
        try
        {
            return read(Text);
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"{Name}: {wrong.Message}", wrong);
        }
    }
}
