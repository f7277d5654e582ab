using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>Decisions and their reasons as messages: one way only, from the daemon to whoever asks.</summary>
/// <param name="nameOf">What the administrator calls a path; the id where it has no name.</param>
public sealed class DecisionTranslation(Func<PathId, string> nameOf)
{
    /// <summary>An instant.</summary>
    public static Timestamp ToWire(DateTimeOffset core) => Timestamp.FromDateTimeOffset(core);

    /// <summary>An instant, or none.</summary>
    public static Timestamp? ToWire(DateTimeOffset? core) => core is { } at ? ToWire(at) : null;

    /// <summary>A family.</summary>
    public static V1.IpFamily ToWire(IpFamily core) => core == IpFamily.V4 ? V1.IpFamily.V4 : V1.IpFamily.V6;

    /// <summary>A diagnostic.</summary>
    public static V1.Diagnostic ToWire(Diagnostic core)
    {
        var wire = new V1.Diagnostic
        {
            Code = core.Code,
            Severity = core.Severity == Severity.Error ? V1.Severity.Error : V1.Severity.Warning,
            File = core.File,
            Line = (uint)core.Line,
            Column = (uint)core.Column,
            Length = (uint)core.Length,
            Message = core.Message,
        };
        if (core.Mend is not null)
        {
            wire.Mend = core.Mend;
        }
        return wire;
    }

    /// <summary>The diagnostic of a message.</summary>
    public static Diagnostic ToCore(V1.Diagnostic wire) => new(
        wire.Code, wire.Severity == V1.Severity.Warning ? Severity.Warning : Severity.Error, wire.File, (int)wire.Line, (int)wire.Column, (int)wire.Length, wire.Message, wire.HasMend ? wire.Mend : null);

    /// <summary>Whose policy something comes from.</summary>
    public static V1.PolicyOrigin ToWire(PolicyOrigin core)
    {
        var wire = new V1.PolicyOrigin { Requester = core.Requester, Set = core.Set, Index = (uint)core.Index, Place = FlowTranslation.ToWire(core.Place, withPlaces: true) };
        if (core.Rule is not null)
        {
            wire.Rule = core.Rule;
        }
        if (core.Policy is not null)
        {
            wire.Policy = core.Policy;
        }
        return wire;
    }

    /// <summary>A value with where it came from.</summary>
    public static V1.Measured ToWire(string characteristic, Measured core)
    {
        var wire = new V1.Measured { At = ToWire(core.At), Samples = (uint)core.Samples, Source = core.Source, IsEstimated = core.IsEstimated };
        switch (core.Value.Kind)
        {
            case CharacteristicKind.Numeric:
                wire.Number = core.Value.Number;
                wire.Unit = Characteristic.TryFind(characteristic, out var known) ? QuantityTranslation.BaseUnit(known.Dimension) : V1.Unit.Unspecified;
                break;
            case CharacteristicKind.Flag:
                wire.Flag = core.Value.Flag;
                break;
            case CharacteristicKind.Name:
                wire.Word = core.Value.Word!;
                break;
            default:
                throw new UnreachableException();
        }
        if (core.StandardError is { } error)
        {
            wire.StandardError = error;
        }
        return wire;
    }

    /// <summary>What becomes of flows.</summary>
    public static V1.FilterAction ToWire(FilterAction core) => core switch
    {
        FilterAction.Drop => new() { Drop = new() },
        FilterAction.Default => new() { Default = new() },
        FilterAction.Use(var path) => new() { Use = path.ToString() },
        FilterAction.Spread(var shares, var per) => new()
        {
            Spread = new() { Shares = { shares.Select(share => new V1.PathShare { Path = share.Path.ToString(), Weight = (uint)share.Weight }) }, Per = ActionTranslation.ToWire(per) },
        },
        FilterAction.Duplicate(var paths) => new() { Duplicate = new() { Paths = { paths.Select(path => path.ToString()) } } },
        _ => throw new UnreachableException(),
    };

    /// <summary>A filter rule.</summary>
    public static V1.FilterRule ToWire(FilterRule core)
    {
        var wire = new V1.FilterRule { Selector = ToWire(core.Selector), Class = (uint)core.Class, Origin = ToWire(core.Origin) };
        if (core.EndsAt is { } end)
        {
            wire.EndsAt = ToWire(end);
        }
        return wire;
    }

    /// <summary>Which packets.</summary>
    public static V1.FlowSelector ToWire(FlowSelector core) => new() { Boxes = { core.Boxes.Select(ToWire) } };

    /// <summary>A class with its reason.</summary>
    public V1.FilterClass ToWire(FilterClass core, ClassReason? reason)
    {
        var wire = new V1.FilterClass
        {
            Number = (uint)core.Number,
            V4 = ToWire(core.V4),
            V6 = ToWire(core.V6),
            IsStrict = core.IsStrict,
            SteersAnswers = core.SteersAnswers,
            Established = PolicySetTranslation.ToWire(core.Established),
            DeniedV4 = { core.Denied4.Select(path => path.ToString()) },
            DeniedV6 = { core.Denied6.Select(path => path.ToString()) },
            BackupV4 = core.Backup4?.ToString() ?? "",
            BackupV6 = core.Backup6?.ToString() ?? "",
        };
        if (core.EndsAt is { } end)
        {
            wire.EndsAt = ToWire(end);
        }
        if (reason is not null)
        {
            wire.Reason = ToWire(reason);
        }
        return wire;
    }

    /// <summary>Why a class has its paths.</summary>
    public V1.ClassReason ToWire(ClassReason core) => new()
    {
        Action = ActionTranslation.ToWire(core.Action),
        Else = { core.Else.Select(ActionTranslation.ToWire) },
        V4 = core.V4 is { } v4 ? ToWire(v4) : null,
        V6 = core.V6 is { } v6 ? ToWire(v6) : null,
    };

    /// <summary>How the flows of one family were decided.</summary>
    public V1.FamilyReason ToWire(FamilyReason core)
    {
        var wire = new V1.FamilyReason { Candidates = { core.Candidates.Select(ToWire) } };
        if (core.Stage is { } stage)
        {
            wire.Stage = (uint)stage;
        }
        return wire;
    }

    /// <summary>How a policy stands.</summary>
    public static V1.PolicyStanding ToWire(PolicyStanding core, MergedPolicy policy)
    {
        var wire = new V1.PolicyStanding
        {
            Origin = ToWire(core.Origin),
            Standing = ToWire(core.Standing),
            Classes = { core.Classes.Select(number => (uint)number) },
            Policy = PolicySetTranslation.ToWire(policy.Policy, withPlaces: true),
        };
        if (policy.EndsAt is { } end)
        {
            wire.EndsAt = ToWire(end);
        }
        return wire;
    }

    /// <summary>How a policy stands.</summary>
    public static V1.Standing ToWire(Standing core) => core switch
    {
        Standing.NotElected => V1.Standing.NotElected,
        Standing.Unknown => V1.Standing.Unknown,
        Standing.InForce => V1.Standing.InForce,
        Standing.Unresolved => V1.Standing.Unresolved,
        Standing.Duplicate => V1.Standing.Duplicate,
        Standing.Expired => V1.Standing.Expired,
        Standing.AtPeer => V1.Standing.AtPeer,
        _ => throw new UnreachableException(),
    };

    /// <summary>A policy that could not be resolved.</summary>
    /// <param name="core">The policy.</param>
    /// <param name="reasons">Those of the decision that it comes from.</param>
    public V1.Unresolved ToWire(Unresolved core, ClassReasons reasons) => new()
    {
        Origin = ToWire(core.Origin),
        Code = core.Code,
        Message = core.Message,
        Reason = core.Class is { } number && reasons.Of(number) is { } reason ? ToWire(reason) : null,
    };

    private V1.Candidate ToWire(Candidate core) => new()
    {
        Path = core.Path.ToString(),
        Name = nameOf(core.Path),
        Verdict = core.Verdict switch
        {
            CandidateVerdict.Chosen => V1.CandidateVerdict.Chosen,
            CandidateVerdict.NotPreferred => V1.CandidateVerdict.NotPreferred,
            CandidateVerdict.KeptOther => V1.CandidateVerdict.KeptOther,
            CandidateVerdict.HeldDown => V1.CandidateVerdict.HeldDown,
            CandidateVerdict.Violates => V1.CandidateVerdict.Violates,
            CandidateVerdict.Unknown => V1.CandidateVerdict.Unknown,
            CandidateVerdict.Down => V1.CandidateVerdict.Down,
            CandidateVerdict.NoFamily => V1.CandidateVerdict.NoFamily,
            CandidateVerdict.OutOfScope => V1.CandidateVerdict.OutOfScope,
            CandidateVerdict.Disabled => V1.CandidateVerdict.Disabled,
            _ => throw new UnreachableException(),
        },
        Findings = { core.Findings.Select(ToWire) },
    };

    private static V1.Finding ToWire(Finding core) => new()
    {
        Wanted = core.Wanted is { } wanted ? PredicateTranslation.ToWire(wanted) : null,
        Characteristic = core.Characteristic,
        Truth = core.Truth switch
        {
            Truth.True => V1.Truth.True,
            Truth.False => V1.Truth.False,
            _ => V1.Truth.Unspecified,
        },
        Measured = core.Measured is { } measured ? ToWire(core.Characteristic, measured) : null,
    };

    private static V1.FlowBox ToWire(FlowBox core)
    {
        var wire = new V1.FlowBox
        {
            Family = ToWire(core.Family),
            Protocol = Numbers(core.Protocol),
            Local = Addresses(core.Local, core.Family),
            Peer = Addresses(core.Peer, core.Family),
            LocalPort = Numbers(core.LocalPort),
            PeerPort = Numbers(core.PeerPort),
            IcmpType = Numbers(core.IcmpType),
            IcmpCode = Numbers(core.IcmpCode),
            Spi = Numbers(core.Spi),
            Dscp = Numbers(core.Dscp),
            FlowLabel = Numbers(core.FlowLabel),
            User = Numbers(core.User),
            Group = Numbers(core.Group),
            App = Names(core.App),
            Cgroup = Names(core.Cgroup),
            FromInterface = Names(core.FromInterface),
        };
        foreach (var (bit, start) in new[] { (StartedBy.Here, V1.FlowStart.Here), (StartedBy.Peer, V1.FlowStart.Peer), (StartedBy.Forwarded, V1.FlowStart.Forwarded) })
        {
            if (core.Started != StartedBy.Anyone && core.Started.HasFlag(bit))
            {
                wire.Started.Add(start);
            }
        }
        return wire;
    }

    private static V1.NumberSet? Numbers(RangeSet? core) =>
        core is null ? null : new() { Ranges = { core.Ranges.Select(range => new V1.NumberRange { Low = (ulong)range.Low, High = (ulong)range.High }) } };

    private static V1.AddressSet? Addresses(RangeSet? core, IpFamily family) => core is null ? null : new()
    {
        Ranges = { core.Ranges.Select(range => new V1.AddressRange { Low = new IpAddress(family, range.Low).ToString(), High = new IpAddress(family, range.High).ToString() }) },
    };

    private static V1.NameSet? Names(NameSet? core) => core is null ? null : new()
    {
        Otherwise = core.Otherwise,
        HasAbsent = core.HasAbsent,
        Entries = { core.Entries.Select(entry => new V1.NameEntry { Name = entry.Name, Belongs = entry.Belongs }) },
    };
}
