using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>The probing of one path: a clock for each family, and what came of it. All but <see cref="DisposeAsync"/> and the clocks is called by one thread at a time.</summary>
internal sealed class ExaminedPath : IAsyncDisposable
{
    private static readonly IpFamily[] BothFamilies = [IpFamily.V4, IpFamily.V6];

    private readonly PathExaminerOptions options;
    private readonly Random random;
    private readonly TimeProvider time;
    private readonly Action<ExaminedPath, bool> changed;
    private readonly ProbeEstimates estimates;
    private readonly Dictionary<IpFamily, FamilyProbing> families = [];
    private readonly List<Task> endings = [];
    private volatile bool isStale;
    private ProbeImpression told;
    private string? toldFault;
    private readonly Dictionary<IpFamily, string?> toldFindings = [];
    private ProbeAllowance? allowance;
    private ProbeBudget? budget;
    private TimeSpan? toldStretch;

    public ExaminedPath(PathExaminerOptions options, Path path, Random random, TimeProvider time, Action<ExaminedPath, bool> changed)
    {
        (this.options, this.random, this.time, this.changed, Path) = (options, random, time, changed, path);
        estimates = new(options.Of(path));
        foreach (var known in options.Known.Where(one => one.Path == path.Id && path.Half(one.Family) is { } half && half.Gateway == one.Gateway))
        {
            estimates.Recall(known);
        }
    }

    /// <summary>The path as it is now.</summary>
    public Path Path { get; private set; }

    /// <summary>Whether something has been measured since it was last told of; of any thread.</summary>
    public bool IsStale
    {
        get => isStale;
        set => isStale = value;
    }

    /// <summary>Whether it is degraded.</summary>
    public Degradation Degradation { get; } = new();

    /// <summary>Why probes cannot be sent; null: they can.</summary>
    public string? Fault => families.Values.Select(one => one.Fault).FirstOrDefault(fault => fault is not null);

    /// <summary>What was wrong with the newest answers of each family of which that is another than when this was last asked; null: they are good now, or none come at all.</summary>
    public List<(IpFamily Family, string? Text)> TakeFindingChanges()
    {
        var changes = new List<(IpFamily, string?)>();
        foreach (var family in BothFamilies)
        {
            var finding = families.GetValueOrDefault(family)?.Finding?.Text;
            if (finding != toldFindings.GetValueOrDefault(family))
            {
                toldFindings[family] = finding;
                changes.Add((family, finding));
            }
        }
        return changes;
    }

    /// <summary>Whether <see cref="Fault"/> is another than when this was last asked.</summary>
    public bool TakeFaultChange()
    {
        var before = toldFault;
        toldFault = Fault;
        return toldFault != before;
    }

    /// <summary>Probes the path as it is from now on.</summary>
    public void Follow(Path path, ProbeSettings settings)
    {
        var before = Path;
        Path = path;
        settings = Budget(path, settings);
        var isOther = settings != estimates.Settings;
        lock (estimates)
        {
            estimates.Settings = settings;
        }
        foreach (var family in BothFamilies)
        {
            var half = path.Half(family);
            var isSameNetwork = half is not null && before.Half(family) is { } old && old.Gateway == half.Gateway && old.Connected == half.Connected;
            if (families.TryGetValue(family, out var probing) && (!isSameNetwork || isOther || !probing.Liveness.Suits(half!)))
            {
                families.Remove(family);
                endings.RemoveAll(task => task.IsCompleted);
                endings.Add(probing.DisposeAsync().AsTask());
                probing = null;
            }
            if (!isSameNetwork)
            {
                lock (estimates)
                {
                    estimates.Forget(family);
                }
            }
            if (probing is null && half is not null && path.Device is { } device)
            {
                var (asked, watched) = (Asking(family, settings, device), Watching(half, settings, device));
                if (asked.Count + watched.Count > 0)
                {
                    var liveness = new FamilyLiveness(watched, options.Mark(path), time);
                    families.Add(family, new(family, settings, estimates, asked, liveness, () => options.Mark(Path), isUrgent => changed(this, isUrgent), Spread(), budget, time));
                }
            }
        }
    }

    /// <summary>Takes bytes from the path's budget for probes of another kind; where there is none, they may always be sent.</summary>
    public bool TryTake(int bytes)
    {
        lock (estimates)
        {
            return budget?.TryTake(bytes, time.GetElapsedTime(0)) != false;
        }
    }

    /// <summary>The settings as the budget allows them.</summary>
    private ProbeSettings Budget(Path path, ProbeSettings settings)
    {
        lock (estimates)
        {
            if (options.Allowance(path) is var wanted && wanted != allowance)
            {
                // Another budget begins empty, as every one does.
                (allowance, budget) = (wanted, wanted is null ? null : new(wanted.BytesPerDay));
            }
            if (budget is null)
            {
                return settings;
            }
            var bytes = path.Halves.Sum(half => settings.Targets.AsEnumerable().Where(target => target.Carries(half.Family))
                .Sum(target => options.Kinds!.FirstOrDefault(kind => kind.Takes(target))?.BytesOf(target, half.Family) ?? 0));
            var atRest = budget.Stretch(settings.Every, bytes);
            if (atRest == settings.Every)
            {
                return settings;
            }
            settings = settings with { AtRest = atRest };
            if (toldStretch != settings.AtRest)
            {
                toldStretch = settings.AtRest;
                options.Stretched(path.Id, allowance!, atRest, new ProbePace(settings).Detection);
            }
            return settings;
        }
    }

    /// <summary>Takes in that real traffic was answered so long ago.</summary>
    public void Hear(IpFamily family, TimeSpan age)
    {
        if (families.TryGetValue(family, out var probing))
        {
            probing.Hear(age);
        }
    }

    /// <summary>Takes a sample in that nobody asked for.</summary>
    public void Observe(string stream, string source, ProbeResult sample)
    {
        lock (estimates)
        {
            estimates.Add(null, $"{source} {stream}", source, sample);
        }
    }

    /// <summary>Whether what is known now would be noticed to differ from what <see cref="Values"/> last gave.</summary>
    public bool IsNoticeable(DateTimeOffset now)
    {
        lock (estimates)
        {
            return !estimates.Impression(now).IsLike(told);
        }
    }

    /// <summary>What is known at <paramref name="now"/>.</summary>
    public List<KeyValuePair<string, Measured>> Values(DateTimeOffset now, IEnumerable<int> ranks)
    {
        lock (estimates)
        {
            told = estimates.Impression(now);
            List<KeyValuePair<string, Measured>> values = [.. estimates.Values(now, ranks)];
            foreach (var (family, probing) in families)
            {
                if (probing.Finding is var (text, at))
                {
                    values.Add(new(PathCharacteristics.ProbeFinding(family), new(CharacteristicValue.Of(text), at, 0, "probe")));
                }
            }
            if (allowance is not null && estimates.Settings is { } settings)
            {
                // What accuracy is left: how often it is asked, and how soon a failure is told.
                values.Add(new("probe.interval", new(CharacteristicValue.Of((settings.AtRest ?? settings.Every).TotalSeconds), now, 0, $"budget {allowance}")));
                values.Add(new("probe.detection", new(CharacteristicValue.Of(new ProbePace(settings).Detection.TotalSeconds), now, 0, $"budget {allowance}")));
            }
            return values;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in families.Values)
        {
            await one.DisposeAsync();
        }
        await Task.WhenAll(endings);
    }

    private List<AskedTarget> Asking(IpFamily family, ProbeSettings settings, string device)
    {
        var asked = new List<AskedTarget>();
        foreach (var kind in options.Kinds!)
        {
            var targets = settings.Targets.Where(target => kind.Takes(target) && target.Carries(family)).ToList();
            if (targets.Count > 0)
            {
                var opening = new ProbeOpening(kind, family, device, Seed());
                asked.AddRange(targets.Select(target => new AskedTarget(opening, target, kind.BytesOf(target, family))));
            }
        }
        return asked;
    }

    private List<LivenessOpening> Watching(PathHalf half, ProbeSettings settings, string device) =>
    [
        .. from kind in options.LivenessKinds!
           from target in settings.Targets.Distinct()
           where kind.Takes(target) && target.Carries(half.Family)
           select new LivenessOpening(kind, new(target, device, half, settings, Seed()), time.GetUtcNow()),
    ];

    // Identifiers and the spread of first probes; nothing is kept secret by them.
#pragma warning disable CA5394
    private ulong Seed() => unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue));

    private double Spread() => random.NextDouble();
#pragma warning restore CA5394
}

/// <summary>Whom a round asks, and how.</summary>
/// <param name="Opening">The probe, shared by targets of a kind.</param>
/// <param name="Target">Who is asked.</param>
/// <param name="Bytes">What asking and being answered takes.</param>
internal sealed record AskedTarget(ProbeOpening Opening, ProbeTarget Target, int Bytes)
{
    /// <summary>What its samples are kept under.</summary>
    public string Name { get; } = Target.ToString();
}
