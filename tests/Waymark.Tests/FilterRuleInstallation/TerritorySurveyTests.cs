using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;

namespace Waymark.Tests.FilterRuleInstallation;

/// <summary>What a survey says of things that not every kernel has.</summary>
public sealed class TerritorySurveyTests
{
    [Fact]
    public void A_flowtable_is_told_with_its_devices()
    {
        // As NFT_MSG_NEWFLOWTABLE has it: table "fw", name "fast", on hook ingress of lan0 and wan0.
        var writer = new NetlinkWriter();
        writer.BeginMessage(22 | (10 << 8), NetlinkFlags.Request);
        writer.Raw([1, 0, 0, 0]);
        writer.Text(1, "fw");
        writer.Text(2, "fast");
        var hook = writer.BeginNested(3);
        writer.U32Network(1, 0);
        var devices = writer.BeginNested(3);
        writer.Text(1, "wan0");
        writer.Text(1, "lan0");
        writer.EndNested(devices);
        writer.EndNested(hook);
        writer.EndMessage();
        var bytes = writer.Written;
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
        var clash = TerritorySurvey.Bypass(ForeignFlowtable.Read(message.Body[0], message.Attributes(4)));
        Assert.Equal(
            "connections that rules give to the flowtable 'fast' of the nftables table 'inet fw' (devices lan0, wan0) pass by all other rules, ours too: they stay on their path when it is lost or forbidden to them; "
                + "keep flows that a policy speaks of out of its 'flow add @fast'",
            clash.ToString());
        Assert.False(clash.IsCertain);
    }

    [Fact]
    public void An_old_table_that_cannot_be_read_is_told_with_the_way_to_look() => Assert.Equal(
        "the table 'mangle' of ip6tables-legacy is in use and cannot be read: its rules may write our bits of marks (packets' 0x7f000000, connections' 0xffffc000); "
            + "look for MARK and CONNMARK in what 'ip6tables-legacy -t mangle -S' lists",
        new TerritorySurvey(Territory.Default, []).Unread(new(IpFamily.V6, "mangle")).ToString());
}
