using System.Net.Sockets;
using Waymark.Lab;
using Waymark.Lab.Control;
using Waymark.Lab.Topologies;

namespace Waymark.SystemTests.Lab;

public sealed class LabServerTests : IAsyncLifetime
{
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-lab-test-").FullName;
    private NetworkLab lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Control => System.IO.Path.Combine(folder, "control");

    public async ValueTask InitializeAsync() => lab = await NetworkLab.StartAsync(Topology.Commuter, seed: 1, Cancel);

    public async ValueTask DisposeAsync()
    {
        await lab.DisposeAsync();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_second_lab_is_refused_and_the_first_still_answers()
    {
        await ServingAsync(async () =>
        {
            var refused = await Assert.ThrowsAsync<LabException>(() => new LabServer(lab, Control, () => { }).RunAsync(Cancel));
            Assert.Contains("a lab runs already", refused.Message, StringComparison.Ordinal);
            Assert.StartsWith("ok nodes van", await AskAsync("status"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task What_a_killed_lab_left_is_no_hindrance()
    {
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Closing it takes away the name that it was given, so the other name stays, and nobody listens there.
            killed.Bind(new UnixDomainSocketEndPoint(Control + ".first"));
            System.IO.File.Move(Control + ".first", Control);
        }
        Assert.True(System.IO.File.Exists(Control));
        await ServingAsync(async () => Assert.StartsWith("ok nodes van", await AskAsync("status"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_caller_who_says_nothing_does_not_keep_the_others_waiting()
    {
        await ServingAsync(async () =>
        {
            using var silent = await ConnectAsync();
            Assert.StartsWith("ok nodes van", await AskAsync("status").WaitAsync(TimeSpan.FromSeconds(10), Cancel), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_replay_changes_the_links_in_its_order_and_another_one_takes_its_place()
    {
        var first = System.IO.Path.Combine(folder, "first.csv");
        var second = System.IO.Path.Combine(folder, "second.csv");
        await System.IO.File.WriteAllTextAsync(first, "0,wifi,40,0\n300,wifi,,\n600,wifi,60,1\n600000,lte,999,0\n", Cancel);
        await System.IO.File.WriteAllTextAsync(second, "0,sat,500,0\n", Cancel);
        var seen = new List<string>();
        await ServingAsync(async () =>
        {
            Assert.Equal("ok 4 steps over 10 min", await AskAsync($"replay {first}"));
            while (lab.Find("wifi").Up.Delay.TotalMilliseconds < 30)
            {
                var now = lab.Find("wifi").Up.ToString();
                if (seen.LastOrDefault() != now)
                {
                    seen.Add(now);
                }
                await Task.Delay(5, Cancel);
            }
            Assert.Equal("ok 1 step over 0 ms", await AskAsync($"replay {second}"));
            Assert.StartsWith("wrong ", await AskAsync("replay /nowhere.csv"), StringComparison.Ordinal);
        });
        // The outage keeps the delay, and the rates and jitter of the lab stay.
        Assert.Equal(["delay 20ms jitter 2ms loss 0% rate 20Mbit", "delay 20ms jitter 2ms loss 100% rate 20Mbit"], seen.TakeLast(2));
        Assert.Equal("delay 30ms jitter 2ms loss 1% rate 20Mbit", lab.Find("wifi").Up.ToString());
        Assert.Equal(250, lab.Find("sat").Down.Delay.TotalMilliseconds);
    }

    private async Task ServingAsync(Func<Task> work)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var serving = new LabServer(lab, Control, () => { }).RunAsync(stop.Token);
        await work();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    private async Task<Socket> ConnectAsync()
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        for (var tries = 0; ; tries++)
        {
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(Control), Cancel);
                return connection;
            }
            catch (SocketException) when (tries < 200)
            {
                // It is about to listen.
                await Task.Delay(10, Cancel);
            }
        }
    }

    private async Task<string> AskAsync(string command)
    {
        using var connection = await ConnectAsync();
        await connection.SendAsync(System.Text.Encoding.UTF8.GetBytes(command), Cancel);
        var buffer = new byte[65536];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, await connection.ReceiveAsync(buffer, Cancel));
    }
}
