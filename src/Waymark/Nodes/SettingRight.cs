namespace Waymark.Nodes;

/// <summary>A right to say characteristics of paths: <c>may set lte.rsrp, signal of modem</c>.</summary>
/// <param name="Names">The characteristics; at least one.</param>
/// <param name="Paths">The names of the paths; empty: of any.</param>
public sealed record SettingRight(EquatableArray<string> Names, EquatableArray<string> Paths)
{
    /// <summary>Whether it holds for a characteristic of a path.</summary>
    public bool Covers(string path, string characteristic) => Names.AsSpan().Contains(characteristic) && (Paths.IsEmpty || Paths.AsSpan().Contains(path));
}
