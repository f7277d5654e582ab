using System.Diagnostics;

namespace Waymark.Benchmarks.Load;

/// <summary>Many requesters and peers of one node, over TLS: how soon what they ask for is in the kernel, and whether all of it is.</summary>
internal static class LoadRows
{
    private const int Uplinks = 8, Requesters = 1000, Peers = 200, ChangesPerSecond = 20;
    private static readonly int[] SubmissionsPerSecond = [50, 100, 200];
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(20);

    public static void Add(Results results)
    {
        results.Section("Load");
        using var uplinks = new Benchmarks.Uplinks(Uplinks);
        AddAsync(results).GetAwaiter().GetResult();
    }

    private static async Task AddAsync(Results results)
    {
        using var parties = new LoadParties(Requesters, Peers);
        // Beside all that is asked for: what goes first hides it.
        using var daemon = new RunningDaemon(parties.NodeFile + Paths(), "tcp peer 198.51.100.0/24 prefer lowest cost;\n");
        daemon.AwaitListening();
        var requesters = new List<LoadedRequester>();
        var peers = new LoadedPeer?[Peers];
        try
        {
            // The first one, while it has the node for itself, is what the rest is held to.
            requesters.Add(new(parties, 0));
            await requesters[0].SubmitAsync(0);
            var alone = new List<double>();
            for (var i = 0; i < 50; i++)
            {
                alone.Add(await TimedAsync(() => requesters[0].SubmitAsync(i)));
                await Task.Delay(50);
            }
            results.Add("for comparison: one requester alone, submission to answered with its rules in the kernel, p50", Clock.Rank(alone, 50), "ms");
            results.Add("memory of waymarkd with one requester", daemon.Memory, "MB");
            var joined = await TimedAsync(async () =>
            {
                requesters.AddRange(Enumerable.Range(1, Requesters - 1).Select(i => new LoadedRequester(parties, i)));
                // As many at once as the node lets one host greet.
                await Parallel.ForEachAsync(requesters.Skip(1), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) => await one.SubmitAsync(0));
                await Parallel.ForEachAsync(Enumerable.Range(0, Peers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => peers[i] = await LoadedPeer.BeginAsync(parties, i));
            });
            results.Add($"{Requesters} requesters and {Peers} peers connected, {(Requesters * LoadedRequester.Policies) + (Peers * LoadedPeer.Rules)} policies in force", joined / 1000, "s");
            foreach (var rate in SubmissionsPerSecond)
            {
                var (submitted, changed) = (PacedAsync(rate, i => requesters[i * 617 % Requesters].SubmitAsync(i / Requesters)), PacedAsync(ChangesPerSecond, i => peers[i * 31 % Peers]!.ChangeAsync()));
                var (answers, installed) = (await submitted, await changed);
                results.Add($"{rate} submissions/s: submission to answered with its rules in the kernel, p50", Clock.Rank(answers, 50), "ms");
                results.Add($"{rate} submissions/s: submission to answered with its rules in the kernel, p99", Clock.Rank(answers, 99), "ms");
                results.Add($"{ChangesPerSecond} changes/s of peers' rules beside them: change to installed, p99", Clock.Rank(installed, 99), "ms");
            }
            results.Add("memory of waymarkd after it", daemon.Memory, "MB");
            var lost = 0;
            await Parallel.ForEachAsync(requesters, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
            {
                if (!one.Answered!.Equals(await one.HeldAsync()))
                {
                    Interlocked.Increment(ref lost);
                }
            });
            results.Add("sets that are not what was answered for", lost, "", "0");
            foreach (var one in requesters)
            {
                await one.EndAsync();
            }
            foreach (var peer in peers)
            {
                await peer!.EndAsync();
            }
        }
        finally
        {
            requesters.ForEach(one => one.Dispose());
            Array.ForEach(peers, one => one?.Dispose());
        }
    }

    /// <summary>Begins so many a second, whether those before are done or not, and gives how long each took from when it was due, ms.</summary>
    private static async Task<IReadOnlyList<double>> PacedAsync(int perSecond, Func<int, Task> act)
    {
        var (start, acts) = (Stopwatch.GetTimestamp(), new List<Task<double>>());
        for (var i = 0; i < perSecond * (int)Time.TotalSeconds; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            var early = due - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }
            acts.Add(SinceAsync(i, due));
        }
        return await Task.WhenAll(acts);

        async Task<double> SinceAsync(int i, TimeSpan due)
        {
            await act(i);
            return (Stopwatch.GetElapsedTime(start) - due).TotalMilliseconds;
        }
    }

    /// <summary>Each ten times its number fast, in Mbit/s, and not probed.</summary>
    private static string Paths() => string.Concat(Enumerable.Range(1, Uplinks).Select(i => $"path d{i} {{ interface d{i}; gateway 10.1.{i}.1, 2001:db8:{i:x}::1; bandwidth {i * 10} Mbit/s; }}\n")) + "probe default { none; }\n";

    private static async Task<double> TimedAsync(Func<Task> act)
    {
        var start = Stopwatch.GetTimestamp();
        await act();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
