using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Waymark.Lab.Accuracy;

/// <summary>What <c>ping</c> (iputils) says at its end.</summary>
/// <param name="Sent">How many it sent.</param>
/// <param name="Received">How many answers came.</param>
/// <param name="Mean">Their mean round trip, seconds; null: none came.</param>
internal sealed partial record PingReport(int Sent, int Received, double? Mean)
{
    /// <summary>Runs it; throws <see cref="LabException"/> where it is not there or says something else.</summary>
    /// <param name="lab">Where.</param>
    /// <param name="node">Of which node.</param>
    /// <param name="target">Whom it asks.</param>
    /// <param name="identifier">Of its packets: what several choose by themselves may be the same, and each would take the others' answers for its own.</param>
    /// <param name="every">Time between its packets.</param>
    /// <param name="duration">How long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<PingReport> AskAsync(NetworkLab lab, string node, string target, int identifier, TimeSpan every, TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = lab.Command(node, "ping", "-n", "-q", "-e", Text(identifier), "-i", Text(every.TotalSeconds), "-c", Text((int)(duration / every)), target);
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return Read(text);
    }

    /// <summary>Reads what it printed.</summary>
    public static PingReport Read(string text) => Counts().Match(text) is { Success: true } counts
        ? new(Number(counts, 1), Number(counts, 2), Times().Match(text) is { Success: true } times ? double.Parse(times.Groups[1].Value, CultureInfo.InvariantCulture) / 1000 : null)
        : throw new LabException($"ping says nothing that is understood: '{text.Trim()}'; iputils-ping is wanted");

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) packets transmitted, (\d+) received")]
    private static partial Regex Counts();

    [GeneratedRegex(@"min/avg/max/mdev = [\d.]+/([\d.]+)/")]
    private static partial Regex Times();
}
