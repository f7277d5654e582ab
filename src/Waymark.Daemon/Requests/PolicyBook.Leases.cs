using System.Security.Cryptography;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Units;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Requests;

/// <summary>Sets that requesters tie to a connection (docs/remote.md): gone with it, or when nobody has come again for so long as was agreed.</summary>
internal sealed partial class PolicyBook
{
    /// <summary>The longest time that a set stays without its connection.</summary>
    public static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(5);

    private readonly Dictionary<(string Requester, string Name), Lease> held = [];

    /// <summary>The sets that connections hold, in order of requester, name.</summary>
    public IReadOnlyList<Lease> Held
    {
        get
        {
            lock (gate)
            {
                return [.. held.Values.OrderBy(one => one.Requester, StringComparer.Ordinal).ThenBy(one => one.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Puts a set in force until <see cref="Lose"/>; whoever held it before does so no longer. Throws <see cref="RefusedException"/> where it may not be asked for.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="name">What he calls it.</param>
    /// <param name="set">For what.</param>
    /// <param name="grace">For how long it stays when the connection has ended.</param>
    /// <param name="holder">As which requester he would be let in at the moment; null: as none.</param>
    /// <param name="id">By what the lease is to be known; null: by a number of its own.</param>
    public (Lease Lease, bool IsChange) Hold(RequesterDeclaration requester, string name, PolicySet set, TimeSpan grace, Func<string?> holder, Guid? id = null)
    {
        lock (gate)
        {
            CheckName(name);
            rights.Check(requester, set);
            CheckFree(requester.Name, name);
            if (holder() != requester.Name)
            {
                // Since he was let in with this call: those who held a set by then have been put out already.
                throw new RefusedException($"you are not let in as '{requester.Name}' any more", [], isForbidden: true);
            }
            if (grace < TimeSpan.Zero || grace > LongestGrace)
            {
                throw new RefusedException($"a set stays at most {Unit.Print(LongestGrace)} when its connection has ended", []);
            }
            CatchUp();
            var before = held.GetValueOrDefault((requester.Name, name));
            if (before is null)
            {
                // Who holds it holds it on, also where an undoing has brought back one of its name meanwhile.
                if (accepted.Any(one => one.Requester == requester.Name && one.Name == name))
                {
                    throw new RefusedException($"'{name}' is there without a connection: withdraw it first, or take another name", []);
                }
                CheckCount(requester.Name);
            }
            var now = time.GetUtcNow();
            var known = before?.Since.ToDictionary(one => PolicyPrinter.Print(one.Key), one => one.Value, StringComparer.Ordinal) ?? [];
            var isChange = before?.Set != set;
            var lease = new Lease(id ?? new(RandomNumberGenerator.GetBytes(16)), requester.Name, name, set, isChange ? now : before!.At, Lifetimes.Since(set, known, now), grace, holder);
            before?.End(LeaseEnd.TakenOver);
            held[(requester.Name, name)] = lease;
            if (isChange)
            {
                Announce(V1.PolicySetEventKind.Held, requester.Name, requester.Name, name, "holds", null);
            }
            else
            {
                // Its lines may have moved.
                Publish();
            }
            return (lease, isChange);
        }
    }

    /// <summary>The connection has ended that held a set.</summary>
    public void Lose(Lease lease)
    {
        lock (gate)
        {
            if (held.GetValueOrDefault((lease.Requester, lease.Name)) != lease)
            {
                // Withdrawn, or another connection's by now.
                return;
            }
            lease.Lost = (time.GetTimestamp(), time.GetUtcNow());
            if (LeftOf(lease) > TimeSpan.Zero)
            {
                waitChanged.Release();
                return;
            }
            Expire(lease, "its connection ended");
            Publish();
        }
    }

    /// <summary>Takes out, at once and whatever grace was agreed, what those hold or held who are no longer who they were.</summary>
    public void Expel()
    {
        // Asked of all before any is waited with: certificates take their time.
        var over = Held.Where(one => !one.IsRightful).ToList();
        lock (gate)
        {
            foreach (var lease in over.Where(one => held.GetValueOrDefault((one.Requester, one.Name)) == one))
            {
                Expire(lease, "who held it is not let in as its requester any more");
                lease.End(LeaseEnd.Expelled);
            }
            if (over.Count > 0)
            {
                Publish();
            }
        }
    }

    /// <summary>Takes out what nobody came again for; whether there was any.</summary>
    private bool ExpireLost()
    {
        var over = held.Values.Where(one => one.Lost is not null && LeftOf(one) <= TimeSpan.Zero).ToList();
        over.ForEach(one => Expire(one, "its connection ended"));
        return over.Count > 0;
    }

    private void Expire(Lease lease, string why)
    {
        held.Remove((lease.Requester, lease.Name));
        Log.SetChanged(log, lease.Requester, $"holds no longer, for {why}:", lease.Name);
        events.PolicySet(V1.PolicySetEventKind.Released, lease.Requester, lease.Name, []);
        audit.Add(new(default, lease.Requester, "", "apply --while-connected", lease.Name, AuditOutcome.Expired, why), isOften: false);
    }

    private void Release(Lease lease)
    {
        held.Remove((lease.Requester, lease.Name));
        lease.End(LeaseEnd.Withdrawn);
    }

    private TimeSpan LeftOf(Lease lease) => lease.Lost is { } lost ? lease.Grace - time.GetElapsedTime(lost.Timestamp) : TimeSpan.MaxValue;
}
