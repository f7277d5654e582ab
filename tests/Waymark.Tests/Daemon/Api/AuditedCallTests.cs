using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Waymark.Daemon.Tariffs;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Nodes;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Daemon.Api;

/// <summary>What was done is in the log when it is done, whatever becomes of the call.</summary>
public sealed class AuditedCallTests : IAsyncLifetime
{
    private static readonly V1.PolicySet Set = PolicySetTranslation.ToWire(BookRun.Set("tcp drop; when any path (up) { udp drop; } otherwise { udp default; }"));

    private ApiRun run = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => run = await ApiRun.StartAsync();

    public ValueTask DisposeAsync() => run.DisposeAsync();

    [Theory]
    [InlineData("apply", "apply b Accepted: 3 policies, to be confirmed by ")]
    [InlineData("hold", "apply --while-connected b Accepted: 3 policies")]
    [InlineData("withdraw", "withdraw a Accepted: withdrawn")]
    [InlineData("undo", "undo a Accepted: no longer in force")]
    [InlineData("disable", "path disable wifi Accepted: for 60 s")]
    [InlineData("enable", "path enable wifi Accepted: ")]
    [InlineData("set", "characteristic set wifi: my.other Accepted: ")]
    [InlineData("clear", "characteristic clear wifi: my.value Accepted: ")]
    [InlineData("reload", "reload  Accepted: ")]
    public async Task A_call_that_ends_before_the_kernel_has_followed_has_its_record(string what, string expected)
    {
        await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = Set }, cancellationToken: Cancelled);
        await run.Client.Characteristics.SetCharacteristicsAsync(Value(), cancellationToken: Cancelled);
        var before = run.Audited.Count;
        Shut();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        // Something else that the kernel takes its time for.
        var asked = run.DataPlane.Calls.Count;
        run.Loop.PostPaths(new([Waymark.Tests.PathDecision.Worlds.Path("wifi")]));
        while (!run.DataPlane.Calls.Skip(asked).Any(one => one.StartsWith("apply", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), Cancelled);
        }
        var call = AskAsync(what, ended.Token);
        while (run.Audited.Count == before)
        {
            Assert.False(call.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(2), Cancelled);
        }
        Assert.StartsWith(expected, run.Audited[^1], StringComparison.Ordinal);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<RpcException>(() => call);
        run.DataPlane.Door.Release(1000);
        await run.Loop.SettleAsync(Cancelled);
        await run.Client.Node.GetStatusAsync(new(), cancellationToken: Cancelled);
        // Once, and not as refused.
        Assert.Equal(before + 1, run.Audited.Count(one => !one.Contains("Expired", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task So_has_one_that_corrects_what_a_path_has_used_and_whose_caller_waits_no_longer()
    {
        var ledger = run.Services.GetRequiredService<UsageLedger>();
        ledger.Follow(NodeLanguage.Parse("path wifi { interface wlan0; quota 20 GB / month; }"u8.ToArray(), "node.way").File!, Waymark.Paths.PathSet.Empty);
        using var goesOn = new ManualResetEventSlim();
        ledger.Changed = () => goesOn.Wait(TimeSpan.FromSeconds(30), CancellationToken.None);
        var late = await Assert.ThrowsAsync<RpcException>(async () => await run.Client.Quotas.SetUsedAsync(new() { Path = "wifi", UsedBytes = 5000 }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1), cancellationToken: Cancelled));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        // The daemon has its own watch of it.
        await Task.Delay(TimeSpan.FromMilliseconds(200), Cancelled);
        goesOn.Set();
        while (run.Audited.Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), Cancelled);
        }
        Assert.Equal(["quota set wifi Accepted: 5000 bytes used"], run.Audited);
    }

    [Fact]
    public async Task Who_waits_finds_it_there_once()
    {
        await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = Set }, cancellationToken: Cancelled);
        await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = Set }, cancellationToken: Cancelled);
        var numbered = new V1.WithdrawRequest { Name = "a", Submission = NodeClient.NewId() };
        await run.Client.Policies.WithdrawAsync(numbered, cancellationToken: Cancelled);
        await run.Client.Policies.WithdrawAsync(numbered, cancellationToken: Cancelled);
        await Assert.ThrowsAsync<RpcException>(async () => await run.Client.Policies.WithdrawAsync(new() { Name = "a" }, cancellationToken: Cancelled));
        Assert.Equal(
            ["apply a Accepted: 3 policies", "apply a Accepted: unchanged", "withdraw a Accepted: withdrawn", "withdraw a Accepted: asked for again; done once", "withdraw a Refused: 'tester' has no policy set 'a'"],
            run.Audited);
    }

    private async Task AskAsync(string what, CancellationToken cancellationToken)
    {
        switch (what)
        {
            case "apply":
                await run.Client.Policies.ApplyAsync(new() { Name = "b", PolicySet = Set, ConfirmWithin = new() { Seconds = 100 } }, cancellationToken: cancellationToken);
                break;
            case "hold":
                using (var held = run.Client.Policies.Hold(new() { Name = "b", PolicySet = Set }, cancellationToken: cancellationToken))
                {
                    await held.ResponseStream.MoveNext(cancellationToken);
                }
                break;
            case "withdraw":
                await run.Client.Policies.WithdrawAsync(new() { Name = "a" }, cancellationToken: cancellationToken);
                break;
            case "undo":
                await run.Client.Policies.UndoAsync(new(), cancellationToken: cancellationToken);
                break;
            case "disable":
                await run.Client.Paths.DisablePathAsync(new() { Path = "wifi", Duration = new() { Seconds = 60 } }, cancellationToken: cancellationToken);
                break;
            case "enable":
                await run.Client.Paths.EnablePathAsync(new() { Path = "wifi" }, cancellationToken: cancellationToken);
                break;
            case "set":
                await run.Client.Characteristics.SetCharacteristicsAsync(Value("my.other"), cancellationToken: cancellationToken);
                break;
            case "clear":
                await run.Client.Characteristics.ClearCharacteristicAsync(new() { Path = "wifi", Name = "my.value" }, cancellationToken: cancellationToken);
                break;
            default:
                await run.Client.Node.ReloadAsync(new(), cancellationToken: cancellationToken);
                break;
        }
    }

    private static V1.SetCharacteristicsRequest Value(string name = "my.value") => new() { Path = "wifi", Settings = { new V1.CharacteristicSetting { Name = name, Number = new() { Value = "1" } } } };

    /// <summary>Has the kernel take its time.</summary>
    private void Shut()
    {
        while (run.DataPlane.Door.Wait(0, Cancelled))
        {
        }
    }
}
