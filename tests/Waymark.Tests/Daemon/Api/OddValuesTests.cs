using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Daemon.Api;

/// <summary>What the wire can carry and nobody means is a mistake of who sends it, and says so.</summary>
public sealed class OddValuesTests : IAsyncLifetime
{
    private ApiRun run = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => run = await ApiRun.StartAsync();

    public ValueTask DisposeAsync() => run.DisposeAsync();

    [Theory]
    [InlineData(long.MaxValue, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(-1, 0)]
    [InlineData(315_576_000_001, 0)]
    [InlineData(1, 1_000_000_000)]
    [InlineData(1, -1)]
    [InlineData(0, int.MinValue)]
    public async Task A_duration_that_no_clock_could_hold_is_refused_and_nothing_changes(long seconds, int nanos)
    {
        var odd = new Duration { Seconds = seconds, Nanos = nanos };
        var set = PolicySetTranslation.ToWire(BookRun.Set("udp drop;"));
        await RefusedAsync(async () => await run.Client.Paths.DisablePathAsync(new() { Path = "wifi", Duration = odd }, cancellationToken: Cancelled));
        await RefusedAsync(async () => await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = set, ConfirmWithin = odd }, cancellationToken: Cancelled));
        await RefusedAsync(async () =>
        {
            using var held = run.Client.Policies.Hold(new() { Name = "a", PolicySet = set, Grace = odd }, cancellationToken: Cancelled);
            await held.ResponseStream.MoveNext(Cancelled);
        });
        await RefusedAsync(async () => await run.Client.Characteristics.SetCharacteristicsAsync(
            new() { Path = "wifi", Settings = { new V1.CharacteristicSetting { Name = "my.value", Number = new() { Value = "1" } } }, Duration = odd }, cancellationToken: Cancelled));
        Assert.Empty(run.Loop.Inputs.Disabled.AsEnumerable());
        Assert.Empty(run.Loop.Inputs.Sets.AsEnumerable());
        Assert.Empty(run.Loop.Inputs.Outside.AsEnumerable());
    }

    [Fact]
    public async Task No_time_at_all_is_none_for_a_path_to_be_out_of_use() =>
        await RefusedAsync(async () => await run.Client.Paths.DisablePathAsync(new() { Path = "wifi", Duration = new() }, cancellationToken: Cancelled));

    [Fact]
    public async Task A_lifetime_that_would_not_end_in_any_year_is_refused_and_the_longest_that_is_taken_ends()
    {
        var set = PolicySetTranslation.ToWire(BookRun.Set("udp drop lifetime 36500 d;"));
        await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = set }, cancellationToken: Cancelled);
        Assert.Contains("36500 d", Assert.Single(Waymark.Policies.Language.PolicyLanguage.Parse("udp drop lifetime 36501 d;", "test.way").Diagnostics).Message, StringComparison.Ordinal);
        set.Statements[0].Policy.Lifetime.Nanos = 100;
        await RefusedAsync(async () => await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = set }, cancellationToken: Cancelled));
        set.Statements[0].Policy.Lifetime = new() { Seconds = Duration.MaxSeconds };
        await RefusedAsync(async () => await run.Client.Policies.ApplyAsync(new() { Name = "a", PolicySet = set }, cancellationToken: Cancelled));
        Assert.True((await run.Loop.SettleAsync(Cancelled)).World.Policies.Policies[0].EndsAt > TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(36_000));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\u65e5")]
    [InlineData("\ud83d\ude00")]
    [InlineData("%")]
    [InlineData("\u007f")]
    public async Task A_name_that_is_far_too_long_is_refused_in_words_that_fit_into_a_trailer(string character)
    {
        var name = string.Concat(Enumerable.Repeat(character, 60_000));
        foreach (var ask in new Func<Task>[]
        {
            async () => await run.Client.Policies.WithdrawAsync(new() { Name = name }, cancellationToken: Cancelled),
            async () => await run.Client.Policies.WithdrawAsync(new() { Name = "a", Requester = name }, cancellationToken: Cancelled),
            async () => await run.Client.Policies.ApplyAsync(new() { Name = name, PolicySet = new() }, cancellationToken: Cancelled),
            async () => await run.Client.Paths.EnablePathAsync(new() { Path = name }, cancellationToken: Cancelled),
            async () => await run.Client.Characteristics.ClearCharacteristicAsync(new() { Path = name, Name = name }, cancellationToken: Cancelled),
            async () => await run.Client.Quotas.SetUsedAsync(new() { Path = name }, cancellationToken: Cancelled),
        })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(ask);
            Assert.True(refused.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument, refused.ToString()[..200]);
            // In a trailer whatever is not printable ASCII, and the sign that says so, is a sign and two digits for each of its bytes.
            Assert.InRange(System.Text.Encoding.UTF8.GetBytes(refused.Status.Detail).Sum(one => one is >= (byte)' ' and <= (byte)'~' and not (byte)'%' ? 1 : 3), 1, WireLimits.StatusBytes + 3);
        }
    }

    private static async Task RefusedAsync(Func<Task> ask) => Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(ask)).StatusCode);
}
