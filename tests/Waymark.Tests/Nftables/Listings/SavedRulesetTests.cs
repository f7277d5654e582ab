using System.Text;
using Waymark.Linux.Nftables;
using Waymark.Linux.Nftables.Listings;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Tests.Nftables.Listings;

/// <summary>What nft prints of a ruleset (<c>ruleset.txt</c>, <c>ruleset.json</c>: the same one, by nft 1.0.6), read as the kernel holds it; what is not known is told and not guessed.</summary>
public sealed class SavedRulesetTests
{
    internal static readonly string Text = Sample("ruleset.txt"), Json = Sample("ruleset.json");

    [Fact]
    public void Both_forms_are_the_same_table()
    {
        var (text, json) = (Read(Text), Read(Json));
        Assert.Empty(text.NotUnderstood.Concat(json.NotUnderstood));
        Assert.Equal(Nameless(text.Table!), Nameless(json.Table!));
        Assert.Equal(text.MarkRules, json.MarkRules);
        Assert.Equal([("nat", 3), ("output", 13)], text.Table!.Chains.Where(chain => chain.Hook is not null).Select(chain => (chain.Name, chain.Rules.Count)));
        Assert.Equal<NftablesHook?>([new("nat", 4, 101, Drops: true), new("route", 3, -150)], text.Table.Chains.Select(chain => chain.Hook).Where(hook => hook is not null));
    }

    [Fact]
    public void Rules_are_the_kernels_instructions_with_what_their_fields_imply()
    {
        var rules = Read(Text).Table!.Chains.ToDictionary(chain => chain.Name, chain => chain.Rules);
        Assert.Equal<NftablesExpression>(
            [new Meta(NftablesMetaKey.Family, 0), new Compare(0, NftablesComparison.Equal, [2]), new Payload(NftablesHeader.Network, 16, 4, 0), new InSet("onlink4", 0, Absent: false), new Give(NftablesVerdict.Return)],
            rules["output"][3].Expressions);
        Assert.Equal<NftablesExpression>(
            [new Conntrack(NftablesConntrackKey.State, 0), new Bitwise(0, [65, 0, 0, 0], [0, 0, 0, 0]), new Compare(0, NftablesComparison.NotEqual, [0, 0, 0, 0]), new Give(NftablesVerdict.Drop)],
            rules["output"][5].Expressions);
        Assert.Equal<NftablesExpression>(
            [new Meta(NftablesMetaKey.Protocol, 0), new Compare(0, NftablesComparison.Equal, [17]), new Payload(NftablesHeader.Transport, 2, 2, 0), new InRange(0, false, [0, 53], [0, 80]), new Give(NftablesVerdict.Return)],
            rules["output"][10].Expressions);
        Assert.Equal<NftablesExpression>(
            [new Meta(NftablesMetaKey.Mark, 0), new Bitwise(0, [255, 255, 255, 0x80], [0, 0, 0, 0x41]), new SetMeta(NftablesMetaKey.Mark, 0)], rules["p1"][0].Expressions);
        Assert.Equal("path ip/w1", rules["p1"][0].Comment);
    }

    [Fact]
    public void Elements_are_the_kernels_bytes()
    {
        var sets = Read(Json).Table!.Sets.ToDictionary(set => set.Name);
        Assert.Equal(["0a4e0100-0a4e03ff", "a9fe0000-a9feffff", "ffffffff-ffffffff"], sets["onlink4"].Elements.Select(one => $"{Hex(one.Key)}-{Hex(one.KeyEnd)}"));
        Assert.Equal(["00400000 goto p1", "00800000 goto dead", "00c00000 return"], sets["class_path4"].Elements.Select(one => $"{Hex(one.Key)} {one.Verdict}"));
        Assert.Equal("20010db8007700000000000000000000" + "00500000" + "06000000", Hex(sets["wide"].Elements[1].Key));
        Assert.Equal("00000100", Hex(sets["wide"].Elements[1].Value));
    }

    [Theory]
    [InlineData("numgen inc mod 2 vmap @class_path4", "numgen inc mod 2 vmap @class_path4")]
    [InlineData("meta priority 1 return", "meta priority")]
    [InlineData("tcp dport { 1, 2 } drop", "tcp dport { 1 , 2 } drop")]
    [InlineData("ip daddr 1.2.3.4.5 drop", "ip daddr 1.2.3.4.5")]
    [InlineData("reject with icmp host-unreachable", "reject with icmp host-unreachable")]
    [InlineData("snat ip to 192.0.2.1:80", "snat ip to 192.0.2.1:80")]
    [InlineData("icmp type echo-request drop", "icmp type echo-request drop")]
    [InlineData("socket cgroupv2 level 1 \"a\" drop", "the control group 'a', which no policy names")]
    [InlineData("iifname \"w*\" drop", "meta iifname w*")]
    public void What_a_rule_says_that_is_not_known_ends_it_as_an_instruction_that_nobody_understands(string rule, string what)
    {
        var code = Read($"table inet waymark {{\n\tchain c {{\n\t\tcounter packets 1 bytes 2 {rule}\n\t}}\n}}\n").Table!.Chains[0].Rules[0].Expressions;
        Assert.Equal(new Count(), code[0]);
        Assert.Equal(new Foreign(what), code[^1]);
    }

    [Theory]
    [InlineData("type ether_addr", "has the type ether_addr")]
    [InlineData("typeof ip saddr", "has the type that is said in another way")]
    [InlineData("type mark\n\t\tflags odd", "has the flag 'odd'")]
    [InlineData("type mark\n\t\telements = { 0x100000000 }", "has an element of another type (4294967296)")]
    [InlineData("type ipv4_addr\n\t\telements = { 10.0.0.0/8 }", "has an element of another type (10.0.0.0/8)")]
    [InlineData("type ipv4_addr . mark\n\t\telements = { 10.0.0.1 }", "has an element of another type (10.0.0.1)")]
    public void A_set_of_which_something_is_not_known_is_told(string body, string reason)
    {
        var saved = Read($"table inet waymark {{\n\tset s {{\n\t\t{body}\n\t}}\n}}\n");
        Assert.Equal([$"the set 's' {reason}"], saved.NotUnderstood);
        Assert.Empty(saved.Table!.Sets);
    }

    [Theory]
    [InlineData("hello", "line 1: 'hello' stands where 'table' should: this is not what 'nft list ruleset' prints")]
    [InlineData("table inet waymark {\n\tset s {\n\t\ttype mark\n", "line 3: the ruleset ends in the middle")]
    [InlineData("table inet waymark {\n\tchain c {\n\t\tcomment \"x\n\t}\n}", "line 3: a quote does not end")]
    [InlineData("table inet waymark {\n\tchain c {\n\t\ttype filter hook nowhere priority 0; policy accept;\n\t}\n}", "line 3: there is no such hook")]
    [InlineData("table inet waymark {\n\tzone z {\n\t}\n}", "line 2: 'zone' is nothing that a table has")]
    [InlineData("table inet waymark {\n\tchain c {\n\t}\n\tchain c {\n\t}\n}", "the table 'inet waymark' has 'chain c' twice")]
    [InlineData("{", "line 1, byte 2: this is no whole JSON: save it with 'nft -j list ruleset'")]
    [InlineData("{\"tables\": []}", "this is JSON, but has no list 'nftables': save it with 'nft -j list ruleset'")]
    [InlineData("{\"nftables\": [{\"metainfo\": {\"json_schema_version\": 2}}]}", "entry 1 of 'nftables' (metainfo): the version of the form is 2, and 1 is known")]
    [InlineData("{\"nftables\": [{\"rule\": {\"family\": \"inet\", \"table\": \"waymark\", \"chain\": 7, \"expr\": []}}]}", "entry 1 of 'nftables' (rule): 'chain' is not there, or something else")]
    [InlineData("{\"nftables\": [7]}", "entry 1 of 'nftables' is no object with one property")]
    public void What_is_no_ruleset_is_refused_with_its_place(string text, string message) => Assert.Equal(message, Assert.Throws<FormatException>(() => Read(text)).Message);

    [Theory]
    [InlineData("")]
    [InlineData("{\"nftables\": []}")]
    public void A_ruleset_without_our_table_is_read_and_has_none(string text) => Assert.Null(Read(text).Table);

    [Fact]
    public void What_other_tables_do_to_marks_is_told()
    {
        var saved = Read(Text);
        Assert.Equal(
            [new("the nftables table 'ip other'", "mangle", "one of its rules", new(false, uint.MaxValue, 1)), new("the nftables table 'ip other'", "mangle", "one of its rules", new(true, 0x0000ff00, null))], saved.MarkRules);
        Assert.Empty(saved.Others);
        var iptables = Read("table ip mangle {\n\tchain OUTPUT {\n\t\ttype filter hook output priority mangle; policy accept;\n\t\tcounter packets 0 bytes 0 xt target \"CONNMARK\"\n\t}\n}\n");
        Assert.Equal(["the nftables table 'ip mangle' (chain OUTPUT) has what is not understood, and may write marks: xt target CONNMARK"], iptables.Others);
        Assert.Equal([new("inet", "fast", "ft", ["w1", "w2"])], Read("table inet fast {\n\tflowtable ft {\n\t\thook ingress priority filter\n\t\tdevices = { w1, w2 }\n\t}\n}\n").Flowtables);
    }

    internal static SavedRuleset Read(string text) => SavedRuleset.Read(Encoding.UTF8.GetBytes(text), "waymark", new Dictionary<string, ulong>());

    private static string Sample(string file) => System.IO.File.ReadAllText(System.IO.Path.Combine(Repository.Root, "tests", "Waymark.Tests", "Nftables", "Listings", file));

    /// <summary>Without the words for what is not known, which are those of the form.</summary>
    private static NftablesTable Nameless(NftablesTable table) => table with
    {
        Chains = table.Chains.Select(chain => chain with
        {
            Rules = chain.Rules.Select(rule => rule with { Expressions = rule.Expressions.Select(one => one is Foreign ? new Foreign("") : one).ToEquatableArray() }).ToEquatableArray(),
        }).ToEquatableArray(),
    };

    private static string Hex(EquatableArray<byte> bytes) => Convert.ToHexStringLower(bytes.AsSpan());
}
