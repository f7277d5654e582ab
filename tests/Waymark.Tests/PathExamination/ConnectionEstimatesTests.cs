using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

public sealed class ConnectionEstimatesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly ConnectionEstimates estimates = new();
    private readonly Dictionary<ulong, TcpMeasurement> sockets = [];
    private int second;

    private DateTimeOffset Now => Start.AddSeconds(second);

    [Fact]
    public void The_round_trip_is_that_of_the_nearest_peer_and_an_estimate()
    {
        Read(Socket(1, milliseconds: 180), Socket(2, milliseconds: 31), Socket(3, milliseconds: 95));
        Read(Talks(1), Talks(2), Talks(3));
        var told = Told();
        Assert.Equal((0.031, 0.0155), (told["rtt"].Value.Number, told["delay"].Value.Number));
        Assert.Equal((3, "connections", true), (told["rtt"].Samples, told["rtt"].Source, told["rtt"].IsEstimated));
    }

    [Fact]
    public void A_connection_that_is_silent_for_long_tells_nothing()
    {
        Read(Socket(1, milliseconds: 10), Socket(2, milliseconds: 31));
        Read(Talks(1), Talks(2));
        for (var i = 0; i < 31; i++)
        {
            Read(Talks(2));
        }
        Assert.Equal(0.031, Told()["rtt"].Value.Number);
        second += 31;
        Assert.Empty(Told());
    }

    [Fact]
    public void One_that_was_not_seen_to_talk_yet_tells_nothing()
    {
        Read(Socket(1, milliseconds: 10));
        Read();
        Assert.Empty(Told());
    }

    [Fact]
    public void One_that_has_ended_tells_nothing_more()
    {
        Read(Socket(1, milliseconds: 10));
        Read(Talks(1));
        sockets.Clear();
        Read();
        Assert.Empty(Told());
    }

    [Fact]
    public void Loss_is_what_was_sent_again_of_what_was_sent_in_the_last_half_minute()
    {
        // A thousand of a million were lost long ago.
        Read(Socket(1, milliseconds: 10) with { Measurement = Measurement(10) with { SentSegments = 1_000_000, Retransmissions = 1000 } });
        Read(Sends(1, segments: 900, again: 27), Sends(2, segments: 0, again: 0));
        Read(Sends(1, segments: 100, again: 3));
        var loss = Told()["loss"];
        Assert.Equal((0.03, 1000, true), (loss.Value.Number, loss.Samples, loss.IsEstimated));
        Assert.Equal(Math.Sqrt(0.03 * 0.97 / 1000), loss.StandardError!.Value, 1e-9);
        second += 30;
        Assert.False(Told().ContainsKey("loss"));
    }

    [Fact]
    public void What_the_peer_had_already_was_not_lost()
    {
        Read(Socket(1, milliseconds: 10));
        Read(Sends(1, segments: 1000, again: 30, needless: 20));
        Assert.Equal(0.01, Told()["loss"].Value.Number);
    }

    [Fact]
    public void A_few_segments_tell_of_no_loss()
    {
        Read(Socket(1, milliseconds: 10));
        Read(Sends(1, segments: 99, again: 1));
        Assert.False(Told().ContainsKey("loss"));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Only_an_acknowledgement_of_more_is_life_and_only_of_its_family(IpFamily family)
    {
        Read(Socket(1, milliseconds: 10) with { Family = family });
        var received = sockets[1] with { ReceivedBytes = 1_000_000, SinceAcknowledgement = TimeSpan.FromMilliseconds(5) };
        Assert.Equal(default, Read(new TcpConnection(1, family, received)));
        var evidence = Read(new TcpConnection(1, family, received with { AcknowledgedBytes = received.AcknowledgedBytes + 1, SinceAcknowledgement = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal(Now.AddMilliseconds(-300), evidence.Heard(family));
        Assert.Null(evidence.Heard(family == IpFamily.V4 ? IpFamily.V6 : IpFamily.V4));
    }

    [Fact]
    public void A_rate_counts_with_its_headers_where_it_was_kept_and_nothing_else_set_it()
    {
        Read(Socket(1, milliseconds: 10));
        // 10 Mbit/s for a tenth of a second are 125,000 bytes.
        Assert.Equal(10_000_000 * (1400.0 + 52) / 1400, Read(Delivers(1, bytes: 125_000)).DeliveryRate, 1e-3);
        Assert.Equal(0, Read(Delivers(1, bytes: 124_000)).DeliveryRate);
        Assert.Equal(0, Read(Delivers(1, bytes: 500_000, isLimited: true)).DeliveryRate);
    }

    [Fact]
    public void A_kernel_that_keeps_fewer_numbers_is_asked_for_no_more()
    {
        TcpMeasurement old = new(TimeSpan.FromMilliseconds(7), TimeSpan.Zero, null, TimeSpan.Zero);
        Assert.Equal(default, Read(new TcpConnection(1, IpFamily.V4, old)));
        Assert.Equal(default, Read(new TcpConnection(1, IpFamily.V4, old)));
        Assert.Empty(Told());
    }

    [Fact]
    public void Numbers_that_go_back_count_for_nothing()
    {
        Read(Sends(1, segments: 5000, again: 100));
        sockets[1] = Measurement(10);
        Assert.Equal(default, Read(Socket(1, milliseconds: 10)));
        Assert.Empty(Told());
    }

    private ConnectionEvidence Read(params TcpConnection[] changed)
    {
        second++;
        var families = changed.ToDictionary(one => one.Id, one => one.Family);
        foreach (var one in changed)
        {
            sockets[one.Id] = one.Measurement;
        }
        return estimates.Add(Now, sockets.Select(one => new TcpConnection(one.Key, families.GetValueOrDefault(one.Key, IpFamily.V4), one.Value)).ToList());
    }

    private Dictionary<string, Measured> Told() => estimates.Values(Now).ToDictionary();

    private static TcpMeasurement Measurement(double milliseconds) => new(TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromMilliseconds(milliseconds / 4), 1000, TimeSpan.Zero)
    {
        SentSegments = 10,
        ReceivedBytes = 0,
        DeliveryRate = 10_000_000,
        SegmentBytes = 1400,
        IsApplicationLimited = true,
    };

    private static TcpConnection Socket(ulong id, double milliseconds) => new(id, IpFamily.V4, Measurement(milliseconds));

    private TcpConnection Talks(ulong id) => new(id, IpFamily.V4, sockets[id] with { AcknowledgedBytes = sockets[id].AcknowledgedBytes + 100 });

    private TcpConnection Delivers(ulong id, ulong bytes, bool isLimited = false) =>
        new(id, IpFamily.V4, sockets[id] with { AcknowledgedBytes = sockets[id].AcknowledgedBytes + bytes, IsApplicationLimited = isLimited });

    private TcpConnection Sends(ulong id, uint segments, uint again, uint needless = 0)
    {
        var before = sockets.GetValueOrDefault(id, Measurement(10));
        return new(id, IpFamily.V4, before with
        {
            SentSegments = before.SentSegments + segments,
            Retransmissions = before.Retransmissions + again,
            NeedlessRetransmissions = before.NeedlessRetransmissions + needless,
        });
    }
}
