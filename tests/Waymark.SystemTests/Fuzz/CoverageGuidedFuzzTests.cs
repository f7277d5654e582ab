using System.Diagnostics;

namespace Waymark.SystemTests.Fuzz;

/// <summary>
/// <c>./fuzz</c>, for some seconds a target: nothing is found, and a planted bug is. What earlier runs found worth keeping is where each begins. The build that it uses is the one that <c>./test</c> has made.
/// </summary>
public sealed class CoverageGuidedFuzzTests
{
    private const int Seconds = 4, SecondsUntilFound = 60;

    private static string Root { get; } = Environment.GetEnvironmentVariable("WAYMARK_ROOT") ?? throw new InvalidOperationException("Run these by ./test, which names the repository.");

    [Fact]
    public async Task No_promise_is_broken_and_planted_bugs_are_found()
    {
        var (listed, targets) = await FuzzAsync("--list");
        Assert.True(listed == 0 && targets.Length >= 14, string.Join('\n', targets));
        var (sound, said) = await FuzzAsync("--seconds", $"{Seconds}");
        Assert.True(sound == 0, string.Join('\n', said));
        // Each was run, and took branches by the inputs that it got.
        Assert.All(targets, target => Assert.Contains(said, line => line.StartsWith($"{target}: ", StringComparison.Ordinal) && line.EndsWith(" branches, 0 found", StringComparison.Ordinal)));
        var (found, told) = await FuzzAsync("--planted", "--seconds", $"{SecondsUntilFound}");
        Assert.True(found == 0, string.Join('\n', told));
        Assert.All(targets, target => Assert.Contains(told, line => line.StartsWith($"{target}: ", StringComparison.Ordinal) && !line.EndsWith(", 0 found", StringComparison.Ordinal)));
    }

    private static async Task<(int Code, string[] Lines)> FuzzAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(System.IO.Path.Combine(Root, "fuzz"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["WAYMARK_FUZZ_BUILT"] = "1";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (process.ExitCode, process.ExitCode == 0 ? lines : [.. lines, await errors]);
    }
}
