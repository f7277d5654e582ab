using Microsoft.Extensions.Logging;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.PathExamination;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Requests;

/// <summary>
/// What other programs say of paths. A value is on the disk before it counts, and counts before it is answered. It belongs to the path's name: a program may speak of a
/// modem that is away, as long as the node file declares it, for the modem's own program is often up before its network is, and no program should have to say again what it said when a path
/// comes back.
/// </summary>
internal sealed class OutsideBook(StateStore store, ReconcileLoop loop, EventStream events, TimeProvider time, ILogger<OutsideBook> log)
{
    /// <summary>The most values of one requester for one path.</summary>
    public const int MostOfPath = 64;

    /// <summary>The most values of one requester: names of paths come and go.</summary>
    public const int Most = 1024;

    /// <summary>The longest time that a value can count; longer ones are until it is cleared.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private readonly Lock gate = new();

    /// <summary>Takes settings in, all or none; throws <see cref="RefusedException"/> where the caller may not say one, or says too much.</summary>
    /// <param name="caller">Who says it.</param>
    /// <param name="path">The name or id of the path.</param>
    /// <param name="settings">Each characteristic once.</param>
    /// <param name="lasting">For how long; null: until it is cleared.</param>
    public List<OutsideValue> Set(RequesterDeclaration caller, string path, EquatableArray<CharacteristicSetting> settings, TimeSpan? lasting)
    {
        if (lasting is { } length && (length <= TimeSpan.Zero || length > Longest))
        {
            throw new RefusedException($"a value counts for more than nothing and at most {Longest.TotalDays:0} days: leave the duration out for 'until it is cleared'", []);
        }
        lock (gate)
        {
            var name = NameOf(path);
            if (settings.FirstOrDefault(one => !caller.May(name, one.Name)) is { } forbidden)
            {
                throw new RefusedException($"'{caller.Name}' may not say {forbidden.Name} of '{name}': the node's administrator can add 'may set {forbidden.Name} of {Policies.Language.PolicyPrinter.Name(name)};' to it", [], isForbidden: true);
            }
            var now = time.GetUtcNow();
            var values = settings.Select(one => new OutsideValue(name, one.Name, caller.Name, one.Value, now, now + lasting)).ToList();
            var before = loop.Inputs.Outside;
            var others = before.Where(one => one.Counts(now) && !values.Any(value => IsSame(one, value))).ToList();
            var mine = others.Where(one => one.Requester == caller.Name).ToList();
            if (mine.Count(one => one.Path == name) + values.Count > MostOfPath || mine.Count + values.Count > Most)
            {
                throw new RefusedException($"'{caller.Name}' says {mine.Count} values already; at most {MostOfPath} of a path and {Most} in all are kept: clear some, or say them for a time", []);
            }
            store.KeepOutside(values, now);
            loop.Post(inputs => inputs with { Outside = inputs.Outside.Where(one => !values.Any(value => IsSame(one, value))).Concat(values).ToEquatableArray() });
            foreach (var value in values)
            {
                Announce(value, before.FirstOrDefault(one => one.Counts(now) && IsSame(one, value)));
            }
            return values;
        }
    }

    /// <summary>Takes back what was said; throws <see cref="RefusedException"/> where nothing was, or it is another's.</summary>
    public void Clear(RequesterDeclaration caller, string path, string name, string requester)
    {
        if (requester != caller.Name && !caller.MayAdminister)
        {
            throw new RefusedException($"'{caller.Name}' may not clear what '{requester}' says", [], isForbidden: true);
        }
        lock (gate)
        {
            var known = loop.Inputs.Outside;
            var value = known.FirstOrDefault(one => one.Requester == requester && one.Name == name && (one.Path == path || one.Path == PresentName(path)))
                ?? throw new RefusedException($"'{requester}' says no {name} of '{path}'; 'waymark get characteristics' lists what is said", [], isMissing: true);
            store.ForgetOutside(value);
            loop.Post(inputs => inputs with { Outside = inputs.Outside.Where(one => !IsSame(one, value)).ToEquatableArray() });
            events.Outside(V1.OutsideEventKind.Cleared, value);
            Log.OutsideCleared(log, value.Requester, value.Name, value.Path);
        }
    }

    /// <summary>A program that says the same every second is heard, and spoken of once.</summary>
    private void Announce(OutsideValue value, OutsideValue? before)
    {
        if (before is null)
        {
            Log.OutsideSet(log, value.Requester, value.Name, value.Value, value.Path);
        }
        if (before?.Value != value.Value)
        {
            events.Outside(V1.OutsideEventKind.Set, value);
        }
    }

    private static bool IsSame(OutsideValue one, OutsideValue other) => one.Path == other.Path && one.Name == other.Name && one.Requester == other.Requester;

    /// <summary>The name of a path that is there or declared.</summary>
    private string NameOf(string path)
    {
        if (PresentName(path) is { } name)
        {
            return name;
        }
        var inputs = loop.Inputs;
        var declared = inputs.Node.Paths.Where(one => !one.IsIgnored).Select(one => one.Name).ToList();
        if (declared.Contains(path))
        {
            return path;
        }
        var known = inputs.Paths.Paths.Select(one => one.Name).Union(declared).Order(StringComparer.Ordinal).ToList();
        throw new RefusedException($"no path is called '{path}'{(known.Count == 0 ? "" : "; there are " + string.Join(", ", known))}", [], isMissing: true);
    }

    private string? PresentName(string path)
    {
        var paths = loop.Inputs.Paths.Paths;
        return (paths.FirstOrDefault(one => one.Name == path) ?? paths.FirstOrDefault(one => one.Id.ToString() == path))?.Name;
    }
}
