using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// A way of watching paths by standing conversations instead of questions and answers (<see cref="IProbeKind"/>). Another one joins by standing in
/// <see cref="PathExaminerOptions.LivenessKinds"/>.
/// </summary>
public interface ILivenessKind
{
    /// <summary>What an explanation calls it: <c>bfd</c>.</summary>
    string Name { get; }

    /// <summary>Whether it is the one that watches such a target.</summary>
    bool Takes(ProbeTarget target);

    /// <summary>
    /// Opens a conversation in the calling thread's network namespace. Throws <see cref="System.Net.Sockets.SocketException"/>, without the right or where a port is taken
    /// for example.
    /// </summary>
    /// <param name="watched">With whom, and by what.</param>
    /// <param name="mark">The firewall mark of its packets; 0: none.</param>
    /// <param name="changed">Called when what it claims, or its fault, has changed; quick.</param>
    ILivenessSession Open(WatchedTarget watched, uint mark, Action changed);
}

/// <summary>Whom a conversation is held with, and by what.</summary>
/// <param name="Target">The target.</param>
/// <param name="Device">The device by which packets leave and come.</param>
/// <param name="Half">What the path has of the family of the packets.</param>
/// <param name="Settings">How often, and how many may be lost.</param>
/// <param name="Seed">Of what tells it from others.</param>
public sealed record WatchedTarget(ProbeTarget Target, string Device, PathHalf Half, ProbeSettings Settings, ulong Seed);
