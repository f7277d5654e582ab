using System.Globalization;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Verification;
using Waymark.Policies;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>The kernel, read back, does what was decided; what somebody changes in it behind our back is found, with a packet of either family.</summary>
public sealed class VerificationTests
{
    private static readonly FilterAction Spread = new FilterAction.Spread([new(World.Id(1), 6), new(World.Id(2), 10)], BalancePer.Flow);

    private static readonly FilterRuleSet Set = Rules.Set(
        [To(1000, 1099, 1), To(1050, 1199, 2, 6), To(1200, 1299, 3), To(1300, 1399, 4), To(1400, 1499, 5)],
        Class(1, Use(2)) with { Backup4 = World.Id(3), Backup6 = World.Id(3) }, Class(2, Drop), Class(3, Leave), Class(4, Spread), Class(5, Use(3), isStrict: true, 1, 2));

    [Fact]
    public void What_is_installed_is_equal_to_the_decision_in_both_families()
    {
        using var world = Installed();
        var report = Verify(world);
        Assert.True(report.IsEqual, Said(report));
        Assert.True(report is { Situations: > 20, Rules: > 50, Elements: > 30, Routes: > 20 }, Said(report));
    }

    [Theory]
    [InlineData("nft", "delete element inet waymark class_path4 { 0x00004000 }", "ip4")]
    [InlineData("nft", "delete element inet waymark live_paths { 0x02000000 }", "ip4")]
    [InlineData("nft", "delete element inet waymark denied6 { 0x01014000 }", "ip6")]
    [InlineData("nft", "insert rule inet waymark classify_local udp dport 1210 return", "ip4")]
    [InlineData("nft", "insert rule inet waymark p2 meta mark set meta mark | 0x1", "ip4")]
    [InlineData("nft", "add element inet waymark onlink4 { 203.0.113.0/30 }", "ip4")]
    [InlineData("nft", "chain inet waymark output { policy drop; }", "ip4")]
    [InlineData("ip", "rule del pref 7110 fwmark 0x2000000/0x3f000000", "ip4")]
    [InlineData("ip", "-6 rule del pref 7120", "ip6")]
    [InlineData("ip", "rule add pref 7000 fwmark 0x43000000/0x7f000000 lookup 27101", "ip4")]
    [InlineData("ip", "route replace default via 10.78.1.2 dev w1 table 27102 protocol 177", "ip4")]
    [InlineData("ip", "-6 route del default table 27103", "ip6")]
    [InlineData("ip", "route add unreachable 203.0.113.7/32 table 27102", "ip4")]
    public void What_somebody_changes_is_found(string program, string arguments, string family)
    {
        using var world = Installed();
        // While its owner lives nobody else may change the table.
        world.Installer.Dispose();
        World.In(world.NodeName, program, program == "nft" ? [arguments] : arguments.Split(' '));
        var report = Verify(world);
        Assert.False(report.IsEqual, "nothing was found");
        Assert.Contains(report.Differences, one => one.By.Count > 0 && PacketText.Of(one.Packet).StartsWith(family, StringComparison.Ordinal));
    }

    private static World Installed()
    {
        var world = new World();
        world.Options = world.Options with { Connected = [new(IpAddress.Parse("192.168.50.0"), 24), new(IpAddress.Parse("2001:db8:50::"), 64)] };
        world.Apply(Set);
        return world;
    }

    private static VerificationReport Verify(World world)
    {
        var live = KernelVerification.Verify(world.Node.Run(() => KernelState.Read(Territory.Default, [])), Decision(world), Territory.Default, 50);
        foreach (var form in new[] { "", "-j" })
        {
            // Saved and read anywhere, it is the same kernel.
            var saved = KernelVerification.Verify(KernelState.Read(SavedStates.Of(world, form), Territory.Default, [], Decision(world).Cgroups), Decision(world), Territory.Default, 50);
            Assert.Equal(Said(live), Said(saved));
        }
        return live;
    }

    private static VerifiedDecision Decision(World world) =>
        new() { Rules = Set, Paths = world.Paths(), ForwardFrom = world.Options.ForwardFrom, Masquerade = world.Options.Masquerade, Cgroups = world.Options.Cgroups };

    private static string Said(VerificationReport report) => string.Create(CultureInfo.InvariantCulture, $"{report.Situations} situations, {report.Elements} elements, {report.Rules} rules, {report.Routes} routes\n")
        + string.Join('\n', report.Differences.Take(8).Select(one => $"{one.Situation}: {PacketText.Of(one.Packet)}\n  decided: {one.Decided}\n  does: {one.Does} (+{one.Others})\n    {string.Join("\n    ", one.By)}")
            .Concat(report.NotUnderstood).Concat(report.Others));
}
