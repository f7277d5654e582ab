using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.DomainNames;

namespace Waymark.Linux.PathExamination.Dns;

/// <summary>
/// Asks name servers over UDP (RFC 1035) out of one device: bound to it and marked, so that neither routing nor the filter rules lead it elsewhere. An answer counts once, and only with its server's
/// address and port, and the identifier and the question of one under way. A server that says that it failed, or that it does not serve us, has not answered: its users would have no names.
/// </summary>
internal sealed class DnsProbe : IProbe
{
    /// <summary>RFC 1035 section 4.2.1.</summary>
    private const int Port = 53;

    private readonly DatagramSocket socket;
    private readonly PacketThread thread;
    private readonly ConcurrentDictionary<ushort, Waiting> waiting = new();
    private readonly AnswerDeadlines deadlines;

    /// <summary>Opens a socket in the thread's network namespace; throws <see cref="SocketException"/>, without the right for example.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="device">The device by which questions leave and answers come.</param>
    /// <param name="thread">On which answers are taken in.</param>
    public DnsProbe(IpFamily family, string device, PacketThread thread)
    {
        this.thread = thread;
        deadlines = new(thread);
        socket = new(family, SocketType.Dgram, ProtocolType.Udp, thread);
        socket.Attach(device);
        socket.Bind(0);
        socket.Receive(Take);
    }

    /// <inheritdoc/>
    public uint Mark
    {
        get => socket.Mark;
        set => socket.Mark = value;
    }

    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var asked = (ProbeTarget.Dns)target;
        if (DomainName.TryParse(asked.Name) is not { } name)
        {
            return new(thread.GetUtcNow(), null, $"'{asked.Name}' is no domain name");
        }
        var sentAt = thread.GetUtcNow();
        var one = Begin(asked.Server, name);
        try
        {
            var packet = new byte[one.Question.Bytes];
            one.Question.Write(packet);
            socket.Send(packet, DatagramSocket.NameOf(asked.Server, Port));
            if (await deadlines.WaitAsync(one.Answer, timeout, cancellationToken) is not var (answer, roundTrip))
            {
                return new(sentAt, null, null);
            }
            return answer.Failure is null ? new(sentAt, roundTrip, null) : new(sentAt, null, null) { Finding = $"it answers {answer.Failure}" };
        }
        catch (SocketException refused)
        {
            // It never left: no route by this device, a firewall's refusal, no memory. That says nothing of what is behind the first link.
            return new(sentAt, null, SendingFault.Of(refused));
        }
        finally
        {
            waiting.TryRemove(one.Question.Id, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        deadlines.Dispose();
    }

    /// <summary>Identifiers cannot be guessed: anybody may send packets with a name server's address on them (RFC 5452).</summary>
    private Waiting Begin(IpAddress server, DomainName name)
    {
        Waiting one;
        do
        {
            one = new(server, new((ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1), name), thread.GetTimestamp());
        }
        while (!waiting.TryAdd(one.Question.Id, one));
        return one;
    }

    private void Take(Datagram datagram)
    {
        if (datagram.FromPort == Port && NameAnswer.IdOf(datagram.Bytes) is { } id && waiting.TryGetValue(id, out var one)
            && one.Server == datagram.From && NameAnswer.TryRead(datagram.Bytes, one.Question, out var answer))
        {
            one.Answer.Take((answer, datagram.After(one.Sent, thread)));
        }
    }

    private sealed record Waiting(IpAddress Server, NameQuestion Question, long Sent)
    {
        public AwaitedAnswer<(NameAnswer Answer, TimeSpan RoundTrip)> Answer { get; } = new();
    }
}
