using Google.Protobuf.WellKnownTypes;
using Waymark.Exchange.Wire;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Loop;

/// <summary>What happens, for whoever watches. A watcher that is too slow loses events and is told how many.</summary>
internal sealed class EventStream(TimeProvider time)
{
    /// <summary>How many policies a move names.</summary>
    private const int MostOrigins = 4;

    private readonly Lock gate = new();
    private readonly List<EventWatcher> watchers = [];
    private NoticeableChanges? changes;

    /// <summary>A new watcher's events, from now on; disposing it ends them.</summary>
    /// <param name="kinds">Those it wants; empty: all but measurements.</param>
    public EventWatcher Watch(params IEnumerable<V1.EventKind> kinds)
    {
        var watcher = new EventWatcher(kinds, End);
        lock (gate)
        {
            watchers.Add(watcher);
        }
        return watcher;
    }

    public void Decided(Snapshot before, Snapshot after, TimeSpan took)
    {
        if (!IsWatched)
        {
            return;
        }
        var translation = new DecisionTranslation(after.NameOf);
        var known = before.AllUnresolved.Select(one => one.Origin).ToHashSet();
        Publish(new()
        {
            Decision = new()
            {
                Revision = after.Revision,
                FilterRuleCount = (uint)after.Decision.FilterRules.Rules.Count,
                ClassCount = (uint)after.Decision.FilterRules.Classes.Count,
                NewlyUnresolved = { after.AllUnresolved.Where(one => !known.Contains(one.Origin)).Select(one => translation.ToWire(one, after.Decision.Reasons)) },
                Took = Duration.FromTimeSpan(took),
            },
        });
        var old = before.Decision.FilterRules.Classes.ToDictionary(one => one.Number);
        var origins = Origins(after);
        foreach (var one in after.Decision.FilterRules.Classes)
        {
            foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
            {
                var was = old.GetValueOrDefault(one.Number)?.Action(family);
                if (was != one.Action(family))
                {
                    Publish(new() { Move = Move(one, family, was, after, after.Decision.Reasons.Of(one.Number), origins[one.Number].Select(DecisionTranslation.ToWire), translation) });
                }
            }
        }
    }

    /// <summary>Changes of paths and of what is measured.</summary>
    public void Watched(Snapshot before, Snapshot after)
    {
        if (!IsWatched)
        {
            changes = null;
            return;
        }
        foreach (var path in after.World.Paths.Paths)
        {
            var was = before.World.Paths.Find(path.Id);
            var wasUp = was is not null && IsUp(was, before.World);
            var isUp = IsUp(path, after.World);
            if (was is null || was != path || wasUp != isUp)
            {
                Publish(Path(was is null ? V1.PathEventKind.Appeared : wasUp != isUp ? (isUp ? V1.PathEventKind.Up : V1.PathEventKind.Down) : V1.PathEventKind.Changed, path, after.World));
            }
        }
        foreach (var gone in before.World.Paths.Paths.Where(path => after.World.Paths.Find(path.Id) is null))
        {
            Publish(Path(V1.PathEventKind.Gone, gone, before.World));
        }
        Measured(after.World);
    }

    /// <summary>What changed noticeably since it was last told; looked for only while somebody wants to know. Called by the loop alone.</summary>
    private void Measured(World world)
    {
        if (!IsWanted(V1.EventKind.Measurement))
        {
            changes = null;
            return;
        }
        changes ??= new(world);
        foreach (var (path, changed) in changes.Since(world))
        {
            Publish(new() { Measurement = new() { Path = path.Id.ToString(), Name = path.Name, Changes = { changed } } });
        }
    }

    public void Applied(Snapshot snapshot, TimeSpan took, bool isRepair) => Publish(new()
    {
        Apply = new()
        {
            Revision = snapshot.Revision,
            Summary = $"{snapshot.Decision.FilterRules.Rules.Count} rules in {snapshot.Decision.FilterRules.Classes.Count} classes",
            Took = Duration.FromTimeSpan(took),
            IsRepair = isRepair,
        },
    });

    public void Failed(string activity, string message) => Publish(new() { Failure = new() { Activity = activity, Message = message } });

    public void PolicySet(V1.PolicySetEventKind kind, string requester, string name, IEnumerable<Policies.Language.Diagnostic> diagnostics, DateTimeOffset? confirmBy = null) => Publish(new()
    {
        PolicySet = new()
        {
            Kind = kind,
            Requester = requester,
            Name = name,
            Diagnostics = { diagnostics.Select(DecisionTranslation.ToWire) },
            ConfirmBy = DecisionTranslation.ToWire(confirmBy),
        },
    });

    /// <summary>Another program said something of a path, or what it said counts no longer.</summary>
    public void Outside(V1.OutsideEventKind kind, OutsideValue value)
    {
        var said = CharacteristicTranslation.ToWire(value, default);
        Publish(new() { Outside = new() { Kind = kind, Path = said.Path, Characteristic = said.Characteristic, Until = said.Until } });
    }

    /// <summary>A peer came or went, or something else became of a rule.</summary>
    public void Peer(V1.PeerEvent happened) => Publish(new() { Peer = happened });

    /// <summary>Whether a path is up in any family, as the examiner and the link say.</summary>
    public static bool IsUp(Path path, World world) => path.HasCarrier && !world.Disabled.AsSpan().Contains(path.Id) && path.Halves.Any(half =>
        !world.Characteristics.Of(path.Id).TryGet(PathCharacteristics.Up(half.Family), out var up) || up.Value.Flag);

    private static V1.WatchResponse Path(V1.PathEventKind kind, Path path, World world) =>
        new() { Path = new() { Kind = kind, Path = PathTranslation.ToWire(path, world.Characteristics.Of(path.Id)) } };

    private bool IsWanted(V1.EventKind kind)
    {
        lock (gate)
        {
            return watchers.Any(watcher => watcher.Wants(kind));
        }
    }

    private bool IsWatched
    {
        get
        {
            lock (gate)
            {
                return watchers.Count > 0;
            }
        }
    }

    /// <summary>The first policies of each class.</summary>
    private static ILookup<int, Policies.PolicyOrigin> Origins(Snapshot snapshot)
    {
        var first = new HashSet<(int Class, Policies.PolicyOrigin Origin)>();
        var counts = new Dictionary<int, int>();
        foreach (var rule in snapshot.Decision.FilterRules.Rules)
        {
            if (counts.GetValueOrDefault(rule.Class) < MostOrigins && first.Add((rule.Class, rule.Origin)))
            {
                counts[rule.Class] = counts.GetValueOrDefault(rule.Class) + 1;
            }
        }
        return first.ToLookup(one => one.Class, one => one.Origin);
    }

    private static V1.MoveEvent Move(FilterClass one, IpFamily family, FilterAction? was, Snapshot after, ClassReason? reason, IEnumerable<V1.PolicyOrigin> origins, DecisionTranslation translation)
    {
        var half = family == IpFamily.V4 ? reason?.V4 : reason?.V6;
        return new()
        {
            Class = (uint)one.Number,
            Family = DecisionTranslation.ToWire(family),
            Before = was is null ? null : DecisionTranslation.ToWire(was),
            After = DecisionTranslation.ToWire(one.Action(family)),
            Origins = { origins },
            Reason = half is null ? null : translation.ToWire(half),
            Cause = half is null || was is null ? "" : Cause(was, half, after),
        };
    }

    /// <summary>Why the path that was used is no longer, in some words.</summary>
    private static string Cause(FilterAction was, FamilyReason reason, Snapshot after)
    {
        if (was is not FilterAction.Use(var id) || reason.Candidates.FirstOrDefault(one => one.Path == id) is not { } left)
        {
            return "";
        }
        var finding = left.Findings.LastOrDefault(one => one.Truth != Policies.Truth.True);
        return $"{after.NameOf(id)}: {FindingText.Verdict(left.Verdict)}{(finding is null ? "" : ", " + FindingText.Of(finding))}";
    }

    private void Publish(V1.WatchResponse happened)
    {
        happened.At = time.GetUtcNow().ToTimestamp();
        lock (gate)
        {
            foreach (var watcher in watchers)
            {
                watcher.Offer(happened);
            }
        }
    }

    private void End(EventWatcher watcher)
    {
        lock (gate)
        {
            watchers.Remove(watcher);
        }
    }
}
