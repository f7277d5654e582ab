using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>The disk that holds the state is full: nothing is taken that could be forgotten, nothing that was taken is lost.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly World world = new();
    private readonly DaemonProcess daemon;

    public FullDiskTests()
    {
        daemon = new(world);
        Shell.Run($"mount -t tmpfs -o size=1m,mode=700 none {daemon.In("state")}");
        daemon.Write("a.way", """udp require label "name" = "w2" else drop;""");
        daemon.Write("b.way", "tcp prefer lowest cost; icmp drop lifetime 1 h;");
    }

    public void Dispose()
    {
        daemon.Stop("KILL");
        Shell.Run($"umount {daemon.In("state")}");
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void What_cannot_be_kept_is_refused_with_its_mend_and_what_was_in_force_stays()
    {
        daemon.StartUp();
        daemon.Ask($"apply -f {daemon.In("a.way")}");
        Fill();
        foreach (var change in new[] { $"apply -f {daemon.In("b.way")}", "withdraw a.way", "undo", "path disable w1", "characteristic set w1 my.value 1" })
        {
            var (code, text) = daemon.TryAsk(change);
            Assert.True(code == 1, $"{change}: {code}, {text}");
            Assert.Contains("not accepted, and what was in force stays in force", text, StringComparison.Ordinal);
            Assert.Contains($"the disk that holds it is full; free some space there ('df {daemon.In("state")}') and try again", text, StringComparison.Ordinal);
        }
        var before = daemon.Ask("get policies");
        Assert.Contains("a.way", before, StringComparison.Ordinal);
        Assert.DoesNotContain("b.way", before, StringComparison.Ordinal);
        Assert.Contains("-> w2", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
        Assert.DoesNotContain("disabled", daemon.Ask("get paths"), StringComparison.Ordinal);

        // A change that needs nothing written does not bring in what was refused.
        daemon.Write("policy.d/site.way", "sctp drop;");
        daemon.Ask("reload");
        Assert.Contains("-> drop", daemon.Ask("explain sctp peer 203.0.113.7"), StringComparison.Ordinal);
        Assert.Contains("-> w2", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
        Assert.DoesNotContain("b.way", daemon.Ask("get policies"), StringComparison.Ordinal);

        daemon.Write("policy.d/more.way", "dccp drop;");
        daemon.Signal("HUP");
        Assert.True(DaemonProcess.Eventually(() => daemon.Ask("explain dccp peer 203.0.113.7 port 9").Contains("-> drop", StringComparison.Ordinal)), daemon.Logged);

        Shell.Run($"rm {daemon.In("state/fill")}");
        Assert.Contains("in force (revision", daemon.Ask($"apply -f {daemon.In("b.way")}"), StringComparison.Ordinal);
        daemon.Ask("withdraw a.way");
        daemon.Stop("KILL");
        daemon.StartUp();
        var after = daemon.Ask("get policies");
        Assert.Contains("b.way", after, StringComparison.Ordinal);
        Assert.DoesNotContain("a.way", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public void A_daemon_that_starts_on_a_full_disk_enforces_what_it_had_accepted(string end)
    {
        daemon.StartUp();
        daemon.Ask($"apply -f {daemon.In("a.way")}");
        Fill();
        daemon.Stop(end);
        daemon.Run("erase");
        daemon.Write("node.way", System.IO.File.ReadAllText(daemon.In("node.way")) + "\n# Not as it was when there was space to keep it.\n");
        daemon.StartUp();
        Assert.Contains("-> w2", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
        Assert.Contains("is full", daemon.TryAsk($"apply -f {daemon.In("b.way")}").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_not_confirmed_is_taken_back_although_that_cannot_be_written(bool isRestarted)
    {
        daemon.Write("c.way", """udp require label "name" = "w1" else drop;""");
        daemon.StartUp();
        daemon.Ask($"apply -f {daemon.In("a.way")} --name a");
        daemon.Ask($"apply -f {daemon.In("c.way")} --name a --confirm-within 15s");
        Assert.Contains("-> w1", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
        Fill();
        if (isRestarted)
        {
            daemon.Stop("KILL");
            daemon.StartUp();
        }
        Assert.True(Remote.RemoteNode.Soon(() => daemon.Ask("explain udp peer 203.0.113.7 port 9").Contains("-> w2", StringComparison.Ordinal)), daemon.Logged);
        // Now memory and disk differ: nothing is taken that would build on either.
        Assert.Contains("is full", daemon.TryAsk($"apply -f {daemon.In("b.way")}").Text, StringComparison.Ordinal);
        Assert.Contains("nothing to confirm", daemon.TryAsk("confirm").Text, StringComparison.Ordinal);
        Shell.Run($"rm {daemon.In("state/fill")}");
        daemon.Ask($"apply -f {daemon.In("b.way")}");
        daemon.Stop("KILL");
        daemon.StartUp();
        Assert.Contains("-> w2", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_first_start_on_a_full_disk_says_what_is_wrong()
    {
        Fill();
        daemon.Start();
        Assert.Equal(1, daemon.WaitForExit());
        Assert.Contains("the disk that holds it is full; free some space there", daemon.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_state_is_named_and_not_overwritten()
    {
        daemon.Write("state/state.db", new string('x', 8192));
        daemon.Start();
        Assert.Equal(1, daemon.WaitForExit());
        Assert.Contains($"{daemon.In("state/state.db")} is damaged; move it away and start again", daemon.Logged, StringComparison.Ordinal);
        Assert.Equal(new string('x', 8192), System.IO.File.ReadAllText(daemon.In("state/state.db")));
    }

    private void Fill() => Shell.Try($"dd if=/dev/zero of={daemon.In("state/fill")} bs=4k");
}
