using System.Globalization;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;

namespace Waymark.Benchmarks;

/// <summary>How soon the built programs do what they are for, and what they take.</summary>
internal static class ProgramRows
{
    public static void Add(Results results)
    {
        results.Section("Programs");
        using var uplinks = new Uplinks(8);
        results.Add("waymark version, start to end", Clock.Median(21, () => Uplinks.Run(RunningDaemon.Program("waymark"), null, "version")), "ms", "below 20");
        results.Add("for comparison: true, start to end", Clock.Median(21, () => Uplinks.Run("true", null)), "ms");
        foreach (var count in new[] { 10, 10_000 })
        {
            var policies = string.Concat(Enumerable.Range(0, count).Select(i =>
                string.Create(CultureInfo.InvariantCulture, $"udp peer 11.{i / 8192}.{i / 32 % 256}.{i % 32 * 8}/29 port {1000 + (i % 300)}-2000 require delay < {50 + (i % 16)} ms prefer lowest cost;\n")));
            var starts = new List<double>();
            var memory = 0.0;
            for (var round = 0; round < 5; round++)
            {
                RunningDaemon? daemon = null;
                starts.Add(Clock.Time(() =>
                {
                    daemon = new("node \"bench\";", policies);
                    while (!Enforces())
                    {
                        Thread.Yield();
                    }
                }));
                using (daemon)
                {
                    if (round == 4)
                    {
                        new ManualResetEventSlim().Wait(TimeSpan.FromSeconds(30));
                        memory = daemon!.Memory;
                    }
                }
            }
            results.Add($"waymarkd, {count} policies: start to first enforcement", Clock.Rank(starts, 50), "ms", count == 10 ? "below 200" : "");
            results.Add($"waymarkd, {count} policies: memory after half a minute", memory, "MB", count == 10_000 ? "below 60" : "");
        }
    }

    private static bool Enforces()
    {
        using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
        return installer.Adopt().Generation > 0;
    }
}
