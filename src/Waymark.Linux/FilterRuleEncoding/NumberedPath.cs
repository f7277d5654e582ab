using Waymark.Paths;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>A path with a device, and the number that marks and tables know it by.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Path">The path.</param>
internal readonly record struct NumberedPath(int Number, Path Path)
{
    /// <summary>Its device.</summary>
    public string Device => Path.Device!;
}
