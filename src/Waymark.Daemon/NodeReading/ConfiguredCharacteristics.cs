using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.Daemon.NodeReading;

/// <summary>What the node file says of paths, as characteristics; and what the device's kind tells of the medium where it says nothing.</summary>
internal static class ConfiguredCharacteristics
{
    private const string Source = Measured.NodeFile;

    /// <summary>Of one path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="node">The node file.</param>
    /// <param name="readAt">When it was read.</param>
    /// <param name="counted">What tariffs and quotas that are counted come to, by the path's name.</param>
    public static IReadOnlyDictionary<string, Measured> Of(Path path, NodeFile node, DateTimeOffset readAt, Func<string, IReadOnlyDictionary<string, Measured>> counted)
    {
        var values = new Dictionary<string, Measured>(StringComparer.Ordinal);
        void Say(string name, CharacteristicValue value, string source = Source) => values[name] = new(value, readAt, 0, source);
        var declared = Declared(path.Name, node);
        Say("medium", CharacteristicValue.Of(declared?.Medium ?? Guess(path)), declared?.Medium is null ? "device" : Source);
        if (declared is null)
        {
            return values;
        }
        // A tunnel's next byte costs what the path beneath it takes.
        foreach (var carrier in declared.Over.Select(over => Declared(over, node)).OfType<PathDeclaration>().Reverse().Append(declared))
        {
            foreach (var (name, quantity) in carrier.Numbers)
            {
                if (carrier == declared || name is "cost" or "quota")
                {
                    Say(name, CharacteristicValue.Of(quantity.ToDouble()));
                }
            }
            foreach (var (name, measured) in counted(carrier.Name))
            {
                values[name] = measured;
            }
            if (carrier.IsCharged)
            {
                Say("metered", CharacteristicValue.Of(true));
            }
        }
        if (declared.IsEncrypted)
        {
            Say("encrypted", CharacteristicValue.Of(true));
        }
        foreach (var (key, value) in declared.Labels)
        {
            Say(PathCharacteristics.LabelPrefix + key, CharacteristicValue.Of(value));
        }
        return values;
    }

    private static PathDeclaration? Declared(string name, NodeFile node) => node.Paths.FirstOrDefault(one => one.Name == name);

    /// <summary>By the kernel's naming of devices (systemd.net-naming-scheme(7)).</summary>
    private static string Guess(Path path) => path.Device switch
    {
        null => "other",
        var name when name.StartsWith("wl", StringComparison.Ordinal) => "wifi",
        var name when name.StartsWith("ww", StringComparison.Ordinal) => "cellular",
        var name when name.StartsWith("wg", StringComparison.Ordinal) || name.StartsWith("tun", StringComparison.Ordinal) || name.StartsWith("ppp", StringComparison.Ordinal) => "tunnel",
        var name when name.StartsWith('e') => "ethernet",
        _ => "other",
    };
}
