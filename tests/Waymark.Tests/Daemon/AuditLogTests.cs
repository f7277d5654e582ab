using System.IO;
using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon;
using Waymark.Daemon.Audit;

namespace Waymark.Tests.Daemon;

public sealed class AuditLogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("waymark-audit-").FullName;
    private readonly SetClock clock = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_kept_is_there_in_the_next_life_also_behind_a_line_that_the_power_cut()
    {
        using (var log = Open())
        {
            log.Add(Record("voice.way"), isOften: false);
        }
        File.AppendAllText(InFolder("requests.log"), "{\"at\":\"2026-06-01T12:00:00Z\",\"requ");
        using (var log = Open())
        {
            log.Add(Record("web.way"), isOften: false);
            Assert.Equal(["voice.way", "web.way"], log.Newest(10, _ => true).Select(one => one.Subject));
            Assert.Equal(["web.way"], log.Newest(1, _ => true).Select(one => one.Subject));
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(InFolder("requests.log")));
    }

    [Theory]
    [InlineData("a\nroot applied b")]
    [InlineData("\"}\n{\"at\":\"2026-06-01T12:00:00Z\",\"requester\":\"root\"}")]
    [InlineData("\r\u001b[2J\u2028\u0000")]
    public void No_name_begins_a_record_of_its_own(string name)
    {
        using var log = Open();
        log.Add(Record(name), isOften: false);
        var only = Assert.Single(log.Newest(10, _ => true));
        Assert.Equal((name, "fleet"), (only.Subject, only.Requester));
    }

    [Fact]
    public void What_comes_again_and_again_is_counted_and_what_differs_is_not()
    {
        using var log = Open();
        for (var i = 0; i < 50; i++)
        {
            log.Add(Record("web.way", AuditOutcome.Refused) with { From = $"[2001:db8::7]:{5000 + i}" }, isOften: true);
        }
        log.Add(Record("mail.way", AuditOutcome.Refused), isOften: true);
        log.Flush();
        Assert.Equal(["web.way", "mail.way"], log.Newest(100, _ => true).Select(one => one.Subject));
        clock.Pass(AuditLog.Window);
        log.Flush();
        Assert.Equal([("web.way", 0), ("mail.way", 0), ("web.way", 48)], log.Newest(100, _ => true).Select(one => (one.Subject, one.Repeated)));
        // 1 + 1 + 48: all 50.
        clock.Pass(AuditLog.Window);
        log.Flush();
        Assert.Equal(3, log.Newest(100, _ => true).Count);
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_make_the_minute_longer_in_which_what_is_alike_is_counted()
    {
        using var log = Open();
        log.Add(Record("web.way", AuditOutcome.Refused), isOften: true);
        clock.Now -= TimeSpan.FromHours(2);
        clock.Pass(AuditLog.Window);
        log.Flush();
        log.Add(Record("web.way", AuditOutcome.Refused), isOften: true);
        Assert.Equal(2, log.Newest(100, _ => true).Count);
    }

    [Fact]
    public void Who_makes_up_ever_new_requests_does_not_fill_the_log()
    {
        using var log = Open();
        for (var i = 0; i < 10 * AuditLog.MostKinds; i++)
        {
            log.Add(Record($"{i}", AuditOutcome.Refused) with { Requester = "" }, isOften: true);
        }
        clock.Pass(AuditLog.Window);
        log.Flush();
        Assert.InRange(log.Newest(100_000, _ => true).Count, AuditLog.MostKinds, AuditLog.MostKinds + 2);
        Assert.Equal((10 * AuditLog.MostKinds) - AuditLog.MostKinds, log.Newest(100_000, one => one.Detail.StartsWith("of many", StringComparison.Ordinal)).Sum(one => 1 + one.Repeated));
    }

    [Fact]
    public void Strangers_do_not_push_out_what_requesters_asked_for()
    {
        using var log = Open();
        log.Add(Record("web.way"), isOften: false);
        log.Add(Record("") with { Requester = "", Outcome = AuditOutcome.Refused, Request = "connect" }, isOften: true);
        Assert.Single(File.ReadAllLines(InFolder("requests.log")));
        Assert.Single(File.ReadAllLines(InFolder("strangers.log")));
    }

    [Fact]
    public void Files_are_put_away_and_the_oldest_goes()
    {
        using var journal = new AuditJournal(folder, "j", longest: 2000);
        for (var i = 0; i < 1000; i++)
        {
            journal.Append(Record($"{i}"));
        }
        var kept = journal.Read().Select(one => int.Parse(one.Subject, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(1000 - kept.Count, kept.Count), kept);
        Assert.Equal(AuditJournal.Files, Directory.GetFiles(folder, "j*.log").Length);
        Assert.All(Directory.GetFiles(folder), file => Assert.InRange(new FileInfo(file).Length, 1, 2500));
    }

    [Fact]
    public void What_the_disk_did_not_take_is_counted_and_told_when_it_does()
    {
        // A folder in the place of the file.
        Directory.CreateDirectory(InFolder("requests.log"));
        using var log = Open();
        log.Add(Record("a"), isOften: false);
        log.Add(Record("b"), isOften: false);
        Directory.Delete(InFolder("requests.log"));
        log.Add(Record("c"), isOften: false);
        Assert.Equal(["2 records before this could not be kept", "1 policy, revision 3"], log.Newest(10, _ => true).Select(one => one.Detail));
    }

    private string InFolder(string name) => Path.Combine(folder, "audit", name);

    private AuditLog Open() => new(new DaemonOptions { StateDirectory = folder }, clock, NullLogger<AuditLog>.Instance);

    private static AuditRecord Record(string subject, AuditOutcome outcome = AuditOutcome.Accepted) => new(default, "fleet", "192.0.2.7:5000", "apply", subject, outcome, "1 policy, revision 3");
}
