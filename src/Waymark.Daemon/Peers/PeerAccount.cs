using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Policies;

namespace Waymark.Daemon.Peers;

/// <summary>A rule that a peer asked for, and what it became here.</summary>
/// <param name="Rule">The rule; null where it cannot be read.</param>
/// <param name="Set">Its policies; null where it is rejected.</param>
/// <param name="Fault">Why it is rejected; null where it is not.</param>
internal sealed record JudgedRule(PeerRule? Rule, AcceptedPolicySet? Set, string? Fault)
{
    /// <summary>The mistake of this program that it is rejected for; null where it is not.</summary>
    public Exception? Defect { get; init; }

    /// <summary>Whether it is to be judged again: by something that is other since.</summary>
    public bool IsOutdated { get; init; }
}

/// <summary>A rule that is asked of a peer.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Bytes">As it travels.</param>
/// <param name="Fault">Why it does not: it is more than a peer takes; null where it does.</param>
internal sealed record SentRule(PeerRule Rule, RuleBytes Bytes, string? Fault);

/// <summary>All that is known of one peer: what is asked of it, what it asks, and the connection between. Times are by the clock of <see cref="PeerService"/>, to whose one thread it belongs.</summary>
internal sealed class PeerAccount(PeerDeclaration declaration, Func<double> jitter)
{
    /// <summary>What the node file says of it.</summary>
    public PeerDeclaration Declaration { get; } = declaration;

    /// <summary>What is asked of it.</summary>
    public RuleSending Sending { get; } = new();

    /// <summary>What it asks.</summary>
    public RuleKeeping Keeping { get; } = new(declaration.Lease);

    /// <summary>Until when its rules live by what is on the disk, by the time of the day: no later than they do, and hardly earlier.</summary>
    public DateTimeOffset KeptUntil { get; set; }

    /// <summary>When it is called again.</summary>
    public RedialPace Pace { get; } = new(jitter);

    /// <summary>The connection; null: there is none.</summary>
    public PeerLink? Link { get; set; }

    /// <summary>Its terms, of this connection; null: it has not said.</summary>
    public PeerTerms? Terms { get; set; }

    /// <summary>The addresses that it takes for this node's, as it last said: without a connection too, so that what is asked of it is the same over the next.</summary>
    public EquatableArray<IpPrefix> Granted { get; set; } = [];

    /// <summary>Whether it has said what it holds, so that both know where they are.</summary>
    public bool IsConnected => Link is not null && Terms is not null;

    /// <summary>Since when it is connected, or not; null: since the start.</summary>
    public TimeSpan? Since { get; set; }

    /// <summary>Why it is not connected.</summary>
    public string Fault { get; set; } = "";

    /// <summary>The mistake of this program that was last told of what is done for it, over this connection or since; null: none was.</summary>
    public string? Defect { get; set; }

    /// <summary>What it last called itself.</summary>
    public string Node { get; set; } = "";

    /// <summary>How many connections there have been in which it said who it is.</summary>
    public long Connections { get; set; }

    /// <summary>How many of its rules, and of its updates as a whole, were refused.</summary>
    public long Refusals { get; set; }

    /// <summary>When it was last heard; null: never.</summary>
    public TimeSpan? HeardAt { get; set; }

    /// <summary>How long it keeps rules of this node, as it last said.</summary>
    public TimeSpan LeaseThere { get; set; } = PeerDeclaration.UsualLease;

    /// <summary>When it is told next that its rules are still wanted.</summary>
    public TimeSpan KeepAliveAt { get; set; }

    /// <summary>When what is asked of it may change again.</summary>
    public TimeSpan UpdateAt { get; set; }

    /// <summary>When it is called next; null: it is not to be called, or that is under way.</summary>
    public TimeSpan? DialAt { get; set; }

    /// <summary>Until when its first word of this connection on shared paths is waited for before something else is asked of it; null: it has come, or is waited for no more.</summary>
    public TimeSpan? ToldBy { get; set; }

    /// <summary>What it told of shared paths, over this connection or the last.</summary>
    public EquatableArray<KeyValuePair<int, PathCharacteristics>> Told { get; set; } = [];

    /// <summary>What it was last told of them, and when.</summary>
    public EquatableArray<KeyValuePair<int, PathCharacteristics>> LastTold { get; set; } = [];

    /// <summary>When it may be told again.</summary>
    public TimeSpan TellAt { get; set; }

    /// <summary>What was last decided to ask.</summary>
    public PeerRequest Request { get; set; } = PeerRequest.None;

    /// <summary>The rule of each policy that can be asked.</summary>
    public Dictionary<PolicyOrigin, SentRule> Bytes { get; set; } = [];

    /// <summary>The addresses that its certificate bears, as long as its rules live.</summary>
    public EquatableArray<IpAddress> Certified { get; set; } = [];

    /// <summary>What became of each rule that it asks.</summary>
    public Dictionary<RuleDigest, JudgedRule> Judged { get; } = [];

    /// <summary>What became of its rules, of those of which that is known.</summary>
    public Dictionary<RuleDigest, RuleReport> Became { get; set; } = [];

    /// <summary>What it was last told of its rules.</summary>
    public Dictionary<RuleDigest, RuleReport> Reported { get; } = [];

    /// <summary>Its addresses, as far as they are known to be its own.</summary>
    public EquatableArray<IpPrefix> Verified => PeerRights.Verified(Declaration, Certified);

    /// <summary>What it asks of this node that counts, in order of digest.</summary>
    public IEnumerable<AcceptedPolicySet> Sets => Keeping.Held.Select(rule => Judged.GetValueOrDefault(rule.Digest)?.Set).OfType<AcceptedPolicySet>();

    /// <summary>Forgets what it last said of paths and addresses, and what was decided to ask by that.</summary>
    public void Unlearn() => (Told, Granted, Request, Bytes) = ([], [], PeerRequest.None, []);

    /// <summary>Has every rule judged again.</summary>
    public void JudgeAgain()
    {
        foreach (var (rule, judged) in Judged.ToList())
        {
            Judged[rule] = judged with { IsOutdated = true };
        }
    }

    /// <summary>Judges the rules that have not been judged yet, or are to be again, and forgets those that are gone.</summary>
    /// <param name="node">What this node calls its paths.</param>
    /// <param name="now">The time of the day.</param>
    /// <returns>Those of which something else was found than before.</returns>
    public IReadOnlyList<JudgedRule> Judge(NodeFile node, DateTimeOffset now)
    {
        var held = Keeping.Held.Select(rule => rule.Digest).ToHashSet();
        foreach (var gone in Judged.Keys.Where(one => !held.Contains(one)).ToList())
        {
            Judged.Remove(gone);
            Reported.Remove(gone);
        }
        var found = new List<JudgedRule>();
        foreach (var bytes in Keeping.Held)
        {
            var before = Judged.GetValueOrDefault(bytes.Digest);
            if (before is { IsOutdated: false })
            {
                continue;
            }
            JudgedRule judged;
            try
            {
                judged = Judge(bytes, node, now);
            }
            catch (Exception defect)
            {
                // It is on the disk, so it would come again after a restart, and again. Whoever judges tells the log.
                judged = new(null, null, "the node that is asked has a defect, which its log tells") { Defect = defect };
            }
            Judged[bytes.Digest] = judged;
            if (before is null || before.Fault != judged.Fault)
            {
                found.Add(judged);
            }
        }
        return found;
    }

    private JudgedRule Judge(RuleBytes bytes, NodeFile node, DateTimeOffset now)
    {
        var (rule, unread) = PeerTranslation.ToCore(bytes);
        if (rule is null)
        {
            return new(null, null, unread);
        }
        if (PeerRights.FaultOf(rule, Declaration, Verified) is { } forbidden)
        {
            return new(rule, null, forbidden);
        }
        var (set, fault) = RulePolicies.Of(rule, Declaration, node);
        return set is null ? new(rule, null, fault) : new(rule, new(new(Declaration.Name, Declaration.Rank) { IsPeer = true }, bytes.Digest.ToString(), set, now, []), null);
    }
}
