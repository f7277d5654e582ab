using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;

namespace Waymark.SystemTests.PathExamination;

/// <summary>FRR's bfdd, alone, in a namespace: the other end that this project did not write.</summary>
internal sealed class BfdPeer : IDisposable
{
    private static int count;

    private readonly string folder = string.Create(CultureInfo.InvariantCulture, $"{System.IO.Path.GetTempPath()}/bfdd-{Environment.ProcessId}-{Interlocked.Increment(ref count)}");
    private readonly Process process;

    /// <summary>Starts it, and waits until it answers.</summary>
    /// <param name="network">Where.</param>
    /// <param name="peers">Its configuration below <c>bfd</c>, a line each.</param>
    public BfdPeer(TestNamespace network, params string[] peers)
    {
        // It gives up root for a user of its own, who makes its sockets there.
        Shell.Run($"install -d -o frr -g frr {folder}");
        File.WriteAllText($"{folder}/bfdd.conf", $"bfd\n{string.Join('\n', peers)}\n");
        process = Process.Start("ip", ["netns", "exec", network.Name, "/usr/lib/frr/bfdd", "-f", $"{folder}/bfdd.conf", "-i", $"{folder}/pid", "-z", $"{folder}/zebra", "--vty_socket", folder, "--bfdctl", $"{folder}/control", "-P", "0", "--log", $"file:{folder}/log"]);
        Until(() => Shell.Try(Asking("show bfd peers json")).Code == 0);
    }

    /// <summary>What it says of its first peer.</summary>
    public JsonElement Session => Show("show bfd peers json");

    /// <summary>What it has counted of its first peer.</summary>
    public long Counter(string name) => Show("show bfd peers counters json").GetProperty(name).GetInt64();

    /// <summary>Waits until its first peer has a property with a value.</summary>
    public void Await(string property, string value) => Until(() => Session.GetProperty(property).ToString() == value);

    /// <summary>Changes its configuration, by lines below <c>bfd</c>.</summary>
    public void Configure(params string[] lines) =>
        Shell.Run($"vtysh --vty_socket {folder} -d bfdd -c 'configure terminal' -c bfd {string.Join(' ', lines.Select(line => $"-c '{line}'"))}");

    /// <summary>Kills it: no farewell.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
        // Where FRR keeps logs of crashes.
        Shell.Run($"rm -rf /var/tmp/frr/bfdd.{process.Id}");
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            Kill();
        }
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private string Asking(string command) => $"vtysh --vty_socket {folder} -d bfdd -c '{command}'";

    private JsonElement Show(string command) => JsonDocument.Parse(Shell.Run(Asking(command))).RootElement[0];

    private void Until(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            Assert.False(process.HasExited, "bfdd goes on");
            patience.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(50));
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
