using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Waymark.PathExamination.Capacity;

namespace Waymark.Lab.Accuracy;

/// <summary>What <c>iperf3</c> says of a link that it floods with datagrams as long as those of trains.</summary>
internal static partial class IperfReport
{
    /// <summary>Of IPv6 and UDP, and of IPv4 and UDP.</summary>
    private const int Headers6 = 48, Headers4 = 28;

    /// <summary>So much more than the link carries.</summary>
    private const double Flood = 1.2;

    private const int Tries = 5;

    /// <summary>Runs it for a few seconds; bit/s of IP packets that came through, or null where it is not installed, or its own connection did not get through.</summary>
    /// <param name="lab">Where.</param>
    /// <param name="near">The node that floods.</param>
    /// <param name="far">The node that counts.</param>
    /// <param name="target">Its address.</param>
    /// <param name="port">A port of its own.</param>
    /// <param name="rate">What the link carries, bit/s.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<double?> AskAsync(NetworkLab lab, string near, string far, string target, int port, long rate, CancellationToken cancellationToken)
    {
        var headers = target.Contains(':', StringComparison.Ordinal) ? Headers6 : Headers4;
        using var server = Start(lab.Command(far, "iperf3", "-s", "-p", Text(port)));
        try
        {
            for (var i = 0; i < Tries; i++)
            {
                using var client = Start(lab.Command(near, "timeout", "20", "iperf3", "-c", target, "-p", Text(port), "-u", "-b", Text((long)(Flood * rate)), "-l", Text(PacketTrain.UsualBytes - headers), "-t", "3", "-f", "k"));
                var text = await client.StandardOutput.ReadToEndAsync(cancellationToken);
                await client.WaitForExitAsync(cancellationToken);
                if (Read(text) is { } payload)
                {
                    return payload * PacketTrain.UsualBytes / (PacketTrain.UsualBytes - headers);
                }
            }
            return null;
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>What its receiver counted, bit/s of payload; null: it does not say.</summary>
    public static double? Read(string text) => Received().Match(text) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 1000 : null;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        return Process.Start(start)!;
    }

    [GeneratedRegex(@"([\d.]+) Kbits/sec .*receiver")]
    private static partial Regex Received();
}
