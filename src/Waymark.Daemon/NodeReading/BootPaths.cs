using Waymark.Linux.Routing;
using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.Daemon.NodeReading;

/// <summary>
/// What may become a path: before the network is up there are devices without addresses and routes, and some that the node file names are not even there. None of them
/// carries anything yet, and whatever a strict policy speaks of is refused on each. A device that is declared by something else than its name and comes later is behind the guard like every
/// other that is no path.
/// </summary>
internal static class BootPaths
{
    public static PathSet Of(NodeFile node)
    {
        using var routing = new RoutingSocket();
        return new(routing.Links().Where(link => !link.IsLoopback).Select(link => link.Name)
            .Union(node.Paths.Where(path => !path.IsIgnored).Select(path => path.Match.Interface).OfType<string>())
            .Except(node.Forward?.Interfaces ?? [])
            .Select(device => new Path { Id = new("ip", device), Name = device, Device = device, HasCarrier = false }));
    }
}
