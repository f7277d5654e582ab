using System.Globalization;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Benchmarks.Load;

/// <summary>A requester with one connection and one policy set, of which each submission has a policy take another path.</summary>
internal sealed class LoadedRequester : IDisposable
{
    /// <summary>How many policies its set has.</summary>
    public const int Policies = 10;

    /// <summary>A connection on which nothing is asked for a minute is given up by its client.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    private readonly int number;
    private readonly NodeClient client;
    private readonly int[] limits = [.. Enumerable.Repeat(5, Policies)];
    private readonly SemaphoreSlim one = new(1);
    private readonly CancellationTokenSource end = new();
    private Task? living;

    public LoadedRequester(LoadParties parties, int number)
    {
        (this.number, client) = (number, parties.Client(number));
    }

    /// <summary>The set that was last answered for; null before.</summary>
    public V1.PolicySet? Answered { get; private set; }

    /// <summary>Hands its set in, changed, and waits for the answer: all of it in force.</summary>
    /// <param name="turn">Which policy is changed.</param>
    public async Task SubmitAsync(int turn)
    {
        await one.WaitAsync();
        try
        {
            limits[turn % Policies] = (limits[turn % Policies] + 10) % 80;
            var set = PolicySetTranslation.ToWire(PolicyLanguage.Parse(string.Concat(Enumerable.Range(0, Policies).Select(Line)), "load.way").Set!);
            var request = new V1.ApplyRequest { Name = "load.way", PolicySet = set, Submission = NodeClient.NewId() };
            var answer = await client.SubmitAsync(() => client.Policies.ApplyAsync(request), CancellationToken.None);
            if (answer.Unresolved.Count > 0 || answer.Standings.Count(standing => standing.Standing == V1.Standing.InForce) != Policies)
            {
                throw new InvalidOperationException($"of r{number}'s {Policies} policies not all are in force: {answer}");
            }
            Answered = set;
            // Not before it is connected: one host may not greet the node with hundreds at once.
            living ??= LiveAsync();
        }
        finally
        {
            one.Release();
        }

        string Line(int i) => string.Create(CultureInfo.InvariantCulture,
            $"udp peer 11.{number / 256}.{number % 256}.{i * 16}/28 port {5000 + i}-6000 require bandwidth > {limits[i]} Mbit/s prefer lowest bandwidth;\n");
    }

    /// <summary>What the node says of its set.</summary>
    public async Task<V1.PolicySet> HeldAsync()
    {
        var held = (await client.Policies.ListPolicySetsAsync(new() { Requester = $"r{number}" })).Sets.Single().PolicySet;
        // Without the places in the text that it has there.
        return PolicySetTranslation.ToWire(PolicySetTranslation.ToCore(held, "load.way", out _)!);
    }

    /// <summary>Ends its visits; throws what went wrong in them.</summary>
    public async Task EndAsync()
    {
        await end.CancelAsync();
        await (living ?? Task.CompletedTask);
    }

    public void Dispose()
    {
        client.Dispose();
        one.Dispose();
        end.Dispose();
    }

    private async Task LiveAsync()
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            while (await timer.WaitForNextTickAsync(end.Token))
            {
                await client.Node.GetStatusAsync(new(), cancellationToken: CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // Ended.
        }
    }
}
