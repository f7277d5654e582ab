namespace Waymark.Linux.PathExamination;

/// <summary>
/// Names the life of the kernel's counters: within one, an interface's index is one device, and its counters only grow or begin anew. Another one begins with each boot, and in another
/// network namespace (a container that is started again) indexes and counters are others too.
/// </summary>
public static class CounterLife
{
    /// <summary>The one of the calling thread's network namespace. Throws <see cref="System.IO.IOException"/> where /proc is not mounted.</summary>
    public static string Now() =>
        $"{System.IO.File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {System.IO.File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)?.Name}";
}
