using Waymark.Flows;

namespace Waymark.Nodes;

/// <summary>Which device a declared path is: all that is said has to hold of it. Nothing said matches nothing.</summary>
public sealed record PathMatch
{
    /// <summary>The device's name.</summary>
    public string? Interface { get; init; }

    /// <summary>Its hardware address, the present one or the one that it was made with: six pairs of lower-case hexadecimal digits with colons.</summary>
    public string? HardwareAddress { get; init; }

    /// <summary>The kernel's driver of it: <c>cdc_mbim</c>, <c>iwlwifi</c>; of a virtual one its kind.</summary>
    public string? Driver { get; init; }

    /// <summary>A prefix that one of its addresses is in.</summary>
    public IpPrefix? Address { get; init; }

    /// <summary>Whether nothing is said.</summary>
    public bool IsEmpty => Interface is null && HardwareAddress is null && Driver is null && Address is null;

    /// <summary>Whether the device is meant.</summary>
    public bool IsMatch(DeviceTraits device) =>
        !IsEmpty
        && (Interface is null || Interface == device.Name)
        && (HardwareAddress is null || device.HardwareAddresses.AsSpan().Contains(HardwareAddress))
        && (Driver is null || Driver == device.Driver)
        && (Address is not { } prefix || device.Addresses.Any(prefix.Contains));

    /// <summary>
    /// Shares devices out among declarations: each device goes to one of them at most, and each declaration takes one, but one that says to leave devices alone takes every match. Who names
    /// its device goes first, then the order of the declarations counts; among several devices the first by name is taken. So the answer changes with the devices and with nothing else.
    /// </summary>
    /// <param name="declared">The declarations, and whether each takes every match.</param>
    /// <param name="devices">What there is.</param>
    /// <returns>For each device the number of its declaration; null: nobody's.</returns>
    public static IReadOnlyList<int?> Assign(IReadOnlyList<(PathMatch Match, bool TakesAll)> declared, IReadOnlyList<DeviceTraits> devices)
    {
        var owners = new int?[devices.Count];
        var byName = Enumerable.Range(0, devices.Count).OrderBy(i => devices[i].Name, StringComparer.Ordinal).ToArray();
        foreach (var number in Enumerable.Range(0, declared.Count).OrderBy(i => declared[i].Match.Interface is null))
        {
            foreach (var device in byName.Where(i => owners[i] is null && declared[number].Match.IsMatch(devices[i])))
            {
                owners[device] = number;
                if (!declared[number].TakesAll)
                {
                    break;
                }
            }
        }
        return owners;
    }
}
