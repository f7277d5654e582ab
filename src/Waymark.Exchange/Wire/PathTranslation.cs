using Waymark.Paths;

namespace Waymark.Exchange.Wire;

/// <summary>Paths with what is known of them as messages: one way only, from the daemon to whoever asks.</summary>
public static class PathTranslation
{
    /// <summary>A path.</summary>
    /// <param name="core">The path.</param>
    /// <param name="known">What is known of it.</param>
    public static V1.Path ToWire(Path core, PathCharacteristics known)
    {
        var wire = new V1.Path
        {
            Id = core.Id.ToString(),
            Name = core.Name,
            Device = core.Device ?? "",
            HasCarrier = core.HasCarrier,
            IsMovable = core.IsMovable,
            Peer = core.Peer ?? "",
            Over = { core.Over.Select(over => over.ToString()) },
        };
        if (core.Shared is { } shared)
        {
            wire.Shared = (uint)shared;
        }
        if (!core.Scope.IsEverything)
        {
            wire.Reach.AddRange(core.Scope.Boxes.SelectMany(box => (box.Peer?.ToPrefixes(box.Family) ?? [new(new(box.Family, 0), 0)]).Select(prefix => $"{prefix.First}/{prefix.Length}")));
        }
        foreach (var half in core.Halves)
        {
            wire.Halves.Add(new V1.PathHalf
            {
                Family = DecisionTranslation.ToWire(half.Family),
                Locators = { half.Locators.Select(address => address.ToString()) },
                Gateway = half.Gateway?.ToString() ?? "",
                Connected = { half.Connected.Select(prefix => prefix.ToString()) },
                Metric = half.Metric,
            });
        }
        foreach (var (name, measured) in known.Values)
        {
            wire.Characteristics.Add(new V1.Characteristic { Name = name, Measured = DecisionTranslation.ToWire(name, measured) });
        }
        return wire;
    }
}
