using Google.Protobuf.WellKnownTypes;
using Waymark.Cli.Display;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Cli.Display;

/// <summary>What <c>get paths -o wide</c> shows.</summary>
public sealed class WidePathsTests
{
    [Fact]
    public void Each_characteristic_has_a_line_below_its_path_that_fits_a_hundred_columns()
    {
        var now = new DateTimeOffset(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
        V1.Measured Number(double number, double secondsAgo, uint samples, string source, double? error = null, bool isEstimated = false)
        {
            var measured = new V1.Measured { Number = number, At = Timestamp.FromDateTimeOffset(now.AddSeconds(-secondsAgo)), Samples = samples, Source = source, IsEstimated = isEstimated };
            if (error is { } some)
            {
                measured.StandardError = some;
            }
            return measured;
        }
        var answer = new V1.ListPathsResponse
        {
            AsOf = Timestamp.FromDateTimeOffset(now),
            Paths =
            {
                new V1.Path
                {
                    Id = "ip/wwan0", Name = "lte", HasCarrier = true, FlowCount = 3,
                    Halves = { new V1.PathHalf { Family = V1.IpFamily.V4, Locators = { "192.0.2.1" } }, new V1.PathHalf { Family = V1.IpFamily.V6, Locators = { "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff" } } },
                    Characteristics =
                    {
                        new V1.Characteristic { Name = "delay", Measured = Number(0.0369, 0.014, 21, "icmp", 0.0004, isEstimated: true) },
                        new V1.Characteristic { Name = "label/contract", Measured = new() { Word = "business", At = Timestamp.FromDateTimeOffset(now.AddDays(-3)), Source = "node file" } },
                        new V1.Characteristic { Name = "lte.rsrp", Measured = Number(-97, 3, 1, "modemd") },
                    },
                },
                new V1.Path { Id = "ip/eth0", Name = "sat" },
            },
        };
        Assert.Equal(
            [
                "  CHARACTERISTIC    VALUE          ERROR   BY         AGE    SAMPLES",
                "lte (ip/wwan0): up (link only), 192.0.2.1, 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff, 3 flows",
                "  delay             about 36.9 ms  0.4 ms  icmp       14 ms  21",
                "  label \"contract\"  business       -       node file  3 d    -",
                "  lte.rsrp          -97            -       modemd     3 s    1",
                "sat (ip/eth0): no carrier",
            ],
            WidePaths.Lines(answer));
        Assert.All(WidePaths.Lines(answer), line => Assert.InRange(line.Length, 1, 100));
    }
}
