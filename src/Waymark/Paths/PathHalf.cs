using Waymark.Flows;

namespace Waymark.Paths;

/// <summary>What a path has of one address family; a path without a half of a family does not carry that family.</summary>
public sealed record PathHalf
{
    /// <summary>The family.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>
    /// Addresses of this end that the path can use, the preferred one first; all of <see cref="Family"/>, none link-local, tentative or deprecated. At least one.
    /// </summary>
    public required EquatableArray<IpAddress> Locators { get; init; }

    /// <summary>Prefixes that are connected on the path's device: neighbours there are reached directly and never steered.</summary>
    public EquatableArray<IpPrefix> Connected { get; init; } = [];

    /// <summary>The next hop; null where the device is point-to-point or the route is on-link. May be link-local (IPv6 router advertisements).</summary>
    public IpAddress? Gateway { get; init; }

    /// <summary>The metric of the system's own default route by this path; lower is what the system prefers.</summary>
    public uint Metric { get; init; }

    /// <summary>The address that packets to <paramref name="target"/> leave from: one of the prefix that the target is connected in, else the preferred one.</summary>
    public IpAddress LocatorTowards(IpAddress target)
    {
        foreach (var locator in Locators)
        {
            foreach (var prefix in Connected)
            {
                if (prefix.Contains(locator) && prefix.Contains(target))
                {
                    return locator;
                }
            }
        }
        return Locators[0];
    }
}
