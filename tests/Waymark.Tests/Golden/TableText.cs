using System.Globalization;
using Waymark.Linux.Nftables;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Tests.Golden;

/// <summary>A table as text, a line for each rule and element: what changes of the encoder are reviewed by.</summary>
internal static class TableText
{
    public static IEnumerable<string> Of(NftablesTable table)
    {
        foreach (var chain in table.Chains.AsEnumerable())
        {
            yield return $"chain {chain.Name}{(chain.Hook is { } hook ? string.Create(CultureInfo.InvariantCulture, $" {hook.Type} hook {hook.Number} priority {hook.Priority}") : "")}";
            foreach (var rule in chain.Rules.AsEnumerable())
            {
                yield return $"  {string.Join(", ", rule.Expressions.Select(Of))}{(rule.Comment.Length > 0 ? $"  # {rule.Comment}" : "")}";
            }
        }
        foreach (var set in table.Sets.AsEnumerable())
        {
            yield return $"{(set.Value is null ? "set" : "map")} {set.Name} of {string.Join(" . ", set.Key.Select(type => type.Number))}{(set.IsInterval ? " ranges" : "")}{(set.HasTimeouts ? " timeouts" : "")}";
            foreach (var element in set.Elements.AsEnumerable())
            {
                yield return $"  {Hex(element.Key)}{(element.KeyEnd.IsEmpty ? "" : $"-{Hex(element.KeyEnd)}")}{(element.Verdict is { } verdict ? $" : {verdict}" : "")}{(element.Value.IsEmpty ? "" : $" : {Hex(element.Value)}")}"
                    + (element.EndsAt is { } end ? $" until {end:O}" : "");
            }
        }
    }

    private static string Of(NftablesExpression expression) => expression switch
    {
        Meta one => $"r{one.Register} = meta {one.Key}",
        SetMeta one => $"meta {one.Key} = r{one.Register}",
        Conntrack one => $"r{one.Register} = ct {one.Key}",
        SetConntrack one => $"ct {one.Key} = r{one.Register}",
        Payload one => $"r{one.Register} = {one.From} @{one.Offset},{one.Length}",
        Compare one => $"r{one.Register} {(one.Comparison == NftablesComparison.Equal ? "==" : "!=")} {Hex(one.Value)}",
        InRange one => $"r{one.Register} {(one.Outside ? "outside" : "in")} {Hex(one.Low)}-{Hex(one.High)}",
        Bitwise one => $"r{one.Register} = r{one.Register} & {Hex(one.Mask)} ^ {Hex(one.Xor)}",
        ToBigEndian one => $"r{one.Register} big-endian",
        InSet one => $"r{one.Register} {(one.Absent ? "not " : "")}in {one.Set}",
        VerdictOf one => $"verdict of r{one.Register} in {one.Set}",
        Give one => one.Verdict.ToString(),
        Hash one => $"r{one.Destination} = hash of r{one.Source},{one.Length} mod {one.Modulus}",
        Reject one => one.TcpReset ? "reset" : "reject",
        _ => expression.ToString(),
    };

    private static string Hex(EquatableArray<byte> bytes) => Convert.ToHexStringLower(bytes.AsSpan());
}
