using CsCheck;
using Waymark.Lab.Accuracy;
using Waymark.Lab.Links;
using Waymark.PathExamination;

namespace Waymark.Tests.Lab.Accuracy;

public sealed class AccuracyBoundsTests
{
    [Theory]
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void The_interval_of_a_share_is_that_of_the_books(int seen, int count, double low, double high)
    {
        var interval = WilsonInterval.Of(seen / (double)count, count);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
        Assert.True(interval.Contains(seen / (double)count));
        Assert.False(interval.Contains(high + 0.001));
    }

    [Fact]
    public void The_estimators_and_the_truth_follow_one_definition() => Gen.Double[0.0001, 2].List[1, 300].Sample(times =>
    {
        var estimator = new RoundTripEstimator();
        // The estimator takes whole ticks.
        var exact = times.Select(time => TimeSpan.FromSeconds(time)).ToList();
        exact.ForEach(estimator.Add);
        var truth = TrueCourse.Of([.. exact.Select(time => time.TotalSeconds)]);
        Assert.Equal(truth.Smoothed, estimator.Smoothed, 1e-9);
        Assert.Equal(truth.Variation, estimator.Variation, 1e-9);
        Assert.Equal(truth.Jitter, estimator.Jitter, 1e-9);
    });

    [Theory]
    [InlineData("rtt", 0.010, 0.0109, true)]
    [InlineData("rtt", 0.010, 0.0111, false)]
    [InlineData("delay", 0.300, 0.3059, true)]
    [InlineData("delay", 0.300, 0.2939, false)]
    [InlineData("jitter", 0.004, 0.0045, true)]
    [InlineData("jitter", 0.004, 0.0033, false)]
    [InlineData("jitter", 0, 0.0002, true)]
    [InlineData("loss", 0.05, 0.03, true)]
    [InlineData("loss", 0.20, 0.03, false)]
    [InlineData("bandwidth", 1e6, 1.09e6, true)]
    [InlineData("bandwidth.up", 1e6, 0.89e6, false)]
    public void An_estimate_is_within_its_bound_or_not(string what, double truth, double estimate, bool isWithin) =>
        Assert.Equal(isWithin, new AccuracyRow(new(LinkShape.Cable), Asker.Icmp, what, truth, estimate, 100).IsWithin);

    [Fact]
    public void Nothing_is_within_no_bound() => Assert.False(new AccuracyRow(new(LinkShape.Cable), Asker.Icmp, "rtt", 0, null, 0).IsWithin);

    [Fact]
    public void Ping_is_read_with_its_answers_and_without()
    {
        Assert.Equal(new PingReport(240, 228, 0.010421), PingReport.Read("240 packets transmitted, 228 received, 5% packet loss, time 12015ms\nrtt min/avg/max/mdev = 10.204/10.421/12.001/0.180 ms, pipe 2\n"));
        Assert.Equal(new PingReport(3, 0, null), PingReport.Read("3 packets transmitted, 0 received, 100% packet loss, time 2005ms\n\n"));
        Assert.Throws<Waymark.Lab.LabException>(() => PingReport.Read("ping: unknown host"));
    }

    [Fact]
    public void What_the_receiver_of_iperf_counted_is_read_and_nothing_else()
    {
        Assert.Equal(968_000, IperfReport.Read("[  5]   0.00-3.00   sec   428 KBytes  1168 Kbits/sec  0.000 ms  0/374 (0%)  sender\n[  5]   0.00-3.16   sec   364 KBytes   968 Kbits/sec  9.7 ms  52/374 (14%)  receiver\n"));
        Assert.Null(IperfReport.Read("iperf3: error - unable to connect to server: Connection refused\n"));
    }
}
