using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>
/// A ruleset that somebody saved, in either form of nft's (<c>nft list ruleset</c>, <c>nft -j list ruleset</c>): one table as the kernel holds it, and what other tables do that concerns it.
/// </summary>
internal sealed record SavedRuleset
{
    private const string Inet = "inet";

    /// <summary>The table; null: it is not there.</summary>
    public NftablesTable? Table { get; private init; }

    /// <summary>Whether it is switched off.</summary>
    public bool IsDormant { get; private init; }

    /// <summary>The sets of the table that are not understood, with the reason: whoever asks one finds none.</summary>
    public EquatableArray<string> NotUnderstood { get; private init; } = [];

    /// <summary>The rules of other tables that write a mark.</summary>
    public EquatableArray<ForeignMarkRule> MarkRules { get; private init; } = [];

    /// <summary>The flowtables of all tables.</summary>
    public EquatableArray<ForeignFlowtable> Flowtables { get; private init; } = [];

    /// <summary>Statements of other tables that are not understood, with their place: they may write marks.</summary>
    public EquatableArray<string> Others { get; private init; } = [];

    /// <summary>Reads a saved ruleset. Throws <see cref="FormatException"/>, with the place, where it is none.</summary>
    /// <param name="text">The file.</param>
    /// <param name="table">The name of the table, of family inet.</param>
    /// <param name="cgroups">Ids of control groups by path, for those that nft has named by it.</param>
    public static SavedRuleset Read(ReadOnlyMemory<byte> text, string table, IReadOnlyDictionary<string, ulong> cgroups)
    {
        var objects = JsonListing.IsMeant(text.Span) ? JsonListing.Read(text) : TextListing.Read(Decoded(text.Span));
        var own = objects.Where(one => one.Family == Inet && one.Table == table).ToList();
        var sets = own.OfType<ListedObject.OfSet>().Select(set => (Set: SetLowering.Of(set, out var reason), set.Name, Reason: reason)).ToList();
        if (own.OfType<ListedObject.OfChain>().Select(chain => $"chain {chain.Name}").Concat(sets.Select(set => $"set {set.Name}")).CountBy(one => one).FirstOrDefault(one => one.Value > 1).Key is { } twice)
        {
            throw new FormatException($"the table '{Inet} {table}' has '{ListedText.Shown(twice)}' twice");
        }
        var rules = own.OfType<ListedObject.OfRule>().ToLookup(rule => rule.Chain, rule => RuleLowering.Of(rule, cgroups));
        var head = own.OfType<ListedObject.OfTable>().FirstOrDefault();
        return new()
        {
            Table = head is null ? null : new(
                table,
                own.OfType<ListedObject.OfChain>().Select(chain => new NftablesChain(chain.Name, chain.Hook, rules[chain.Name].ToEquatableArray())).OrderBy(chain => chain.Name, StringComparer.Ordinal).ToEquatableArray(),
                sets.Where(one => one.Set is not null).Select(one => one.Set!).OrderBy(set => set.Name, StringComparer.Ordinal).ToEquatableArray()),
            IsDormant = head?.IsDormant ?? false,
            NotUnderstood = sets.Where(one => one.Set is null).Select(one => $"the set '{ListedText.Shown(one.Name)}' {one.Reason}").ToEquatableArray(),
            MarkRules = objects.Except(own).OfType<ListedObject.OfRule>().SelectMany(Writes).ToEquatableArray(),
            Flowtables = objects.OfType<ListedObject.OfFlowtable>().Select(one => new ForeignFlowtable(one.Family, one.Table, one.Name, one.Devices)).ToEquatableArray(),
            Others = objects.Except(own).OfType<ListedObject.OfRule>().SelectMany(rule => rule.Statements.OfType<ListedStatement.Unknown>().Where(MayWrite)
                .Select(one => $"the nftables table '{rule.Family} {rule.Table}' (chain {rule.Chain}) has what is not understood, and may write marks: {ListedText.Shown(one.What)}")).Distinct().ToEquatableArray(),
        };
    }

    private static string Decoded(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            throw new FormatException("this is no text");
        }
        return Encoding.UTF8.GetString(text);
    }

    private static IEnumerable<ForeignMarkRule> Writes(ListedObject.OfRule rule)
    {
        foreach (var write in rule.Statements.OfType<ListedStatement.Write>())
        {
            var isConnection = write.Target is ListedExpression.Connection("mark", null);
            if (isConnection || write.Target is ListedExpression.Meta("mark"))
            {
                var code = RuleLowering.Of(rule with { Statements = [write] }, new Dictionary<string, ulong>()).Expressions;
                yield return new($"the nftables table '{rule.Family} {rule.Table}'", rule.Chain, "one of its rules", code switch
                {
                    [NftablesExpression.Constant(_, var value), _] => new(isConnection, uint.MaxValue, Number(value)),
                    [NftablesExpression.Meta, NftablesExpression.Bitwise(_, var mask, var turned), NftablesExpression.SetMeta] => new(isConnection, ~Number(mask) | Number(turned), null),
                    [NftablesExpression.Conntrack, NftablesExpression.Bitwise(_, var mask, var turned), NftablesExpression.SetConntrack] => new(isConnection, ~Number(mask) | Number(turned), null),
                    _ => new(isConnection, uint.MaxValue, null),
                });
            }
        }
    }

    private static uint Number(EquatableArray<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan());

    /// <summary>Every way to write a mark has the word, but for those of iptables' targets that nft cannot show.</summary>
    private static bool MayWrite(ListedStatement.Unknown one) =>
        one.What.Contains("mark", StringComparison.OrdinalIgnoreCase) || one.What.StartsWith("xt ", StringComparison.Ordinal) || one.What.Contains(" xt ", StringComparison.Ordinal) || one.What.Contains("\"xt\"", StringComparison.Ordinal);
}
