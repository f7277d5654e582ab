using Waymark.Paths;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>Explanations in sentences: the policy, the path, every other path and what was against it, and the kernel's own word.</summary>
internal static class ExplanationText
{
    public static void Write(V1.ExplainResponse answer)
    {
        var now = answer.DecidedAt.ToDateTimeOffset();
        foreach (var one in answer.Explanations)
        {
            Write(one, now);
        }
        if (answer.LeftOff > 0)
        {
            Console.WriteLine($"... and {answer.LeftOff} more parts: say more of the flow to see fewer");
        }
    }

    /// <summary>What was for or against a candidate.</summary>
    public static string Why(V1.Candidate candidate, DateTimeOffset now, bool withAge = true)
    {
        var findings = candidate.Findings.Select(finding => Finding(finding, now, withAge)).Distinct().ToList();
        return findings.Count == 0 ? WireText.Verdict(candidate.Verdict) : $"{WireText.Verdict(candidate.Verdict)}: {string.Join("; ", findings)}";
    }

    /// <summary>Every candidate with what was for or against it, a line each; none where the policy asked for no path, as a plain <c>drop</c> does.</summary>
    public static IEnumerable<string> Candidates(V1.FamilyReason? reason, V1.FilterAction? action, DateTimeOffset now)
    {
        if (reason is null || (reason is { HasStage: true, Stage: 0 } && action?.KindCase is V1.FilterAction.KindOneofCase.Drop or V1.FilterAction.KindOneofCase.Default))
        {
            return [];
        }
        var stayed = reason.Candidates.Any(candidate => candidate.Verdict == V1.CandidateVerdict.KeptOther);
        return reason.Candidates.Select(candidate =>
            $"{candidate.Name}: {Why(candidate, now)}{(stayed && candidate.Verdict == V1.CandidateVerdict.Chosen ? "; in use, and nothing speaks against it" : "")}");
    }

    private static void Write(V1.Explanation one, DateTimeOffset now)
    {
        Console.WriteLine(SelectorText.Of(one.Flow));
        if (one.Origin is null)
        {
            Console.WriteLine("  no policy speaks of it: the system's own routing decides");
        }
        else
        {
            var names = (one.FamilyReason?.Candidates ?? []).ToDictionary(candidate => candidate.Path, candidate => candidate.Name, StringComparer.Ordinal);
            var action = WireText.Action(one.Action, id => names.GetValueOrDefault(id, id));
            var stage = one.FamilyReason is { HasStage: true, Stage: > 0 } reason ? $", by its {Ordinal(reason.Stage)} else" : "";
            Console.WriteLine($"  -> {action}   decided by {WireText.Origin(one.Origin)} of {one.Origin.Requester}{stage}");
            foreach (var line in Candidates(one.FamilyReason, one.Action, now))
            {
                Console.WriteLine($"     {line}");
            }
            if (one.Backup.Length > 0)
            {
                Console.WriteLine($"     should that path be lost, {names.GetValueOrDefault(one.Backup, one.Backup)} takes over at once");
            }
            if (one.Overruled.Count > 0)
            {
                Console.WriteLine($"  also spoken of, behind it: {string.Join(", ", one.Overruled.Select(WireText.Origin))}");
            }
        }
        if (one.Kernel is { } kernel)
        {
            Console.WriteLine($"  kernel: {Kernel(kernel, one.Packet)}{(kernel.Agrees ? "" : $"\n  DIFFERS: {kernel.Difference}")}");
        }
    }

    private static string Kernel(V1.KernelAnswer kernel, V1.Packet packet) => kernel.Verdict switch
    {
        V1.KernelVerdict.Send => $"sends it to {packet.Peer} by {kernel.Device}{(kernel.Gateway.Length > 0 ? $" via {kernel.Gateway}" : "")}"
            + $"{(kernel.Source.Length > 0 ? $" from {kernel.Source}" : "")} (table {kernel.Table}{(kernel.Mark != 0 ? $", mark 0x{kernel.Mark:x}" : "")})",
        V1.KernelVerdict.Drop => "drops it",
        V1.KernelVerdict.Unreachable => "has no way for it",
        _ => "not asked",
    };

    private static string Finding(V1.Finding finding, DateTimeOffset now, bool withAge)
    {
        if (PathCharacteristics.IsProbeFinding(finding.Characteristic))
        {
            // It says itself who was asked.
            return WireText.Value(finding.Characteristic, finding.Measured);
        }
        var wanted = finding.Wanted is null ? null : Wanted(finding.Wanted);
        var value = withAge ? WireText.ValueWithAge(finding.Characteristic, finding.Measured, now) : WireText.Value(finding.Characteristic, finding.Measured);
        var name = finding.Characteristic.StartsWith("label/", StringComparison.Ordinal) ? $"label \"{finding.Characteristic[6..]}\"" : finding.Characteristic;
        return wanted is null ? $"{name} {value}" : $"{name} {value}, wanted {wanted}{(finding.Truth == V1.Truth.False ? " - no" : "")}";
    }

    private static string Wanted(V1.Predicate wire)
    {
        var text = Exchange.Wire.PolicyText.Of(wire);
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        return wire.KindCase == V1.Predicate.KindOneofCase.Compare && blank > 0 ? text[(blank + 1)..] : text;
    }

    private static string Ordinal(uint stage) => stage switch
    {
        1 => "first",
        2 => "second",
        3 => "third",
        _ => $"{stage}th",
    };
}
