using Spectre.Console;
using Waymark.Cli.Display;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Cli.Display;

/// <summary>What <c>top</c> makes of terminals of all sizes.</summary>
public sealed class LiveViewTests
{
    private static readonly string[] Events = [.. Enumerable.Range(1, 8).Select(i => $"12:00:0{i}  event {i} of a van that drives through three operators' networks")];

    [Fact]
    public void A_large_terminal_has_everything()
    {
        var lines = Render(140, 40);
        Assert.Equal("revision 7, 12 rules in 2 classes, 1 unresolved", lines[0]);
        Assert.Equal("", lines[1]);
        Assert.StartsWith("PATH   STATE", lines[2], StringComparison.Ordinal);
        Assert.EndsWith("NEW FLOWS OF", lines[2], StringComparison.Ordinal);
        Assert.Contains("▁", lines[3], StringComparison.Ordinal);
        Assert.EndsWith("voice", lines[3], StringComparison.Ordinal);
        Assert.Contains("no carrier", lines[4], StringComparison.Ordinal);
        Assert.Equal(["CLASS IPV4 IPV6 POLICIES", "1 path1 path3 voice", "2 drop system's own backup", "- unresolved bulk"], lines[7..11].Select(Words));
        Assert.Equal(Events, lines[^8..]);
    }

    private static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void A_narrow_one_loses_the_course_and_then_what_stands_on_the_right()
    {
        Assert.DoesNotContain("▁", Render(60, 40)[3], StringComparison.Ordinal);
        Assert.EndsWith("voice", Render(60, 40)[3], StringComparison.Ordinal);
        Assert.EndsWith("…", Render(40, 40)[3], StringComparison.Ordinal);
        Assert.StartsWith("path1  up", Render(40, 40)[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_low_one_keeps_the_newest_events_and_says_what_paths_it_does_not_show()
    {
        Assert.Equal(Events[^2..], Render(140, 10)[^2..]);
        Assert.Equal(["revision 7, 12 rules in 2 classes, 1 unresolved", "PATH   STATE", "... 3 more paths need a higher terminal"], Render(140, 4).Select(line => line.StartsWith("PATH", StringComparison.Ordinal) ? line[..12] : line));
    }

    [Fact]
    public void Nothing_is_ever_wider_or_higher_than_the_terminal()
    {
        for (var width = 1; width <= 150; width++)
        {
            for (var height = 2; height <= 20; height++)
            {
                var lines = Render(width, height);
                Assert.True(lines.Length < height, $"{lines.Length} lines in {width} x {height}");
                Assert.True(lines.All(line => line.Length <= width), $"{lines.Max(line => line.Length)} characters in {width} x {height}");
            }
        }
    }

    private static string[] Render(int width, int height)
    {
        var paths = new V1.ListPathsResponse { AsOf = new() };
        for (var i = 1; i <= 3; i++)
        {
            var path = new V1.Path { Id = $"ip/d{i}", Name = $"path{i}", HasCarrier = i != 2, FlowCount = (uint)i };
            path.Halves.Add(new V1.PathHalf { Family = V1.IpFamily.V4 });
            path.Characteristics.Add(new V1.Characteristic { Name = "rtt", Measured = new() { Number = 20 * i } });
            path.Characteristics.Add(new V1.Characteristic { Name = "loss", Measured = new() { Number = 0 } });
            paths.Paths.Add(path);
        }
        var decision = new V1.GetDecisionResponse { Revision = 7, FilterRuleCount = 12 };
        for (uint i = 1; i <= 2; i++)
        {
            decision.Classes.Add(new V1.FilterClass { Number = i, V4 = i == 1 ? new() { Use = "ip/d1" } : new() { Drop = new() }, V6 = i == 1 ? new() { Use = "ip/d3" } : new() { Default = new() } });
            decision.Standings.Add(new V1.PolicyStanding { Origin = new() { Policy = i == 1 ? "voice" : "backup" }, Classes = { i } });
        }
        decision.Unresolved.Add(new V1.Unresolved { Origin = new() { Policy = "bulk" } });
        using var text = new System.IO.StringWriter();
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        // Wider, so that what is too wide shows and is not wrapped.
        (console.Profile.Width, console.Profile.Height) = (1000, 1000);
        console.Write(LiveView.Of(paths, decision, _ => Enumerable.Range(0, 30).Select(i => (double)i), Events, width, height));
        return [.. text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
    }
}
