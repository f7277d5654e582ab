using System.Diagnostics;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Benchmarks;

/// <summary>What examining many paths at once costs, and whether a failure is told as soon as with one. Every path is a cable to a kernel that answers.</summary>
internal static class ExaminerRows
{
    private const int Count = 64;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(10);

    public static void Add(Results results)
    {
        results.Section($"{Count} paths examined at once, each probed every {Every.TotalMilliseconds:0} ms");
        using var uplinks = new Uplinks(Count, answers: true);
        using var far = NetworkNamespace.Open("far");
        using var up = new CountdownEvent(Count);
        using var rest = new ManualResetEventSlim();
        var downs = new Dictionary<PathId, long>();
        var gate = new Lock();
        var snapshots = 0;
        var isSilenced = false;
        void Look(CharacteristicsSet set)
        {
            var now = Stopwatch.GetTimestamp();
            lock (gate)
            {
                snapshots++;
                foreach (var path in set.Paths)
                {
                    if (path.TryGet(PathCharacteristics.Up4, out var measured))
                    {
                        if (!isSilenced && measured is { Value.Flag: true, IsEstimated: false } && downs.TryAdd(path.Path, 0))
                        {
                            up.Signal();
                        }
                        else if (isSilenced && !measured.Value.Flag && downs[path.Path] == 0)
                        {
                            downs[path.Path] = now;
                        }
                    }
                }
            }
        }
        using var thread = new PacketThread(TimeProvider.System, "probes");
        var examiner = new PathExaminer(
            new(path => new() { Targets = [new ProbeTarget.Icmp(path.Half(IpFamily.V4)!.Gateway!.Value)], AreTargetsNamed = true, Every = Every }, _ => new Dictionary<string, Measured>(), _ => 0),
            Look, thread, seed: 1);
        examiner.Examine(uplinks.Paths);
        up.Wait();
        var (cpu, began, seen) = (Environment.CpuUsage, Stopwatch.GetTimestamp(), snapshots);
        rest.Wait(Watched);
        var elapsed = Stopwatch.GetElapsedTime(began);
        var spent = Environment.CpuUsage;
        results.Add("processor time, with the answering kernel's", (spent.TotalTime - cpu.TotalTime) / elapsed * 100, "%", "below 5 of a core");
        results.Add("  of it in this program, not in the kernel", (spent.UserTime - cpu.UserTime) / elapsed * 100, "%");
        results.Add("snapshots told", (snapshots - seen) / elapsed.TotalSeconds, "/s");
        lock (gate)
        {
            isSilenced = true;
        }
        var silenced = far.Run(() =>
        {
            System.IO.File.WriteAllText("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1");
            return Stopwatch.GetTimestamp();
        });
        while (Downs() < Count && Stopwatch.GetElapsedTime(silenced) < TimeSpan.FromSeconds(10))
        {
            rest.Wait(20);
        }
        List<double> times;
        lock (gate)
        {
            times = [.. downs.Values.Where(at => at > 0).Select(at => Stopwatch.GetElapsedTime(silenced, at).TotalMilliseconds)];
        }
        results.Add("all fall silent at once: told to be down", times.Count, "", $"{Count}");
        results.Add("until it is told, p50", Clock.Rank(times, 50), "ms");
        results.Add("until it is told, worst", times.Max(), "ms", "below 200");
        examiner.DisposeAsync().AsTask().GetAwaiter().GetResult();

        int Downs()
        {
            lock (gate)
            {
                return downs.Values.Count(at => at > 0);
            }
        }
    }
}
