using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Waymark.Exchange.Wire;
using Waymark.Tests.Daemon;
using Waymark.Tests.Daemon.Api;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Fuzz;

/// <summary>Every call of the contract, with messages that are well-formed and say whatever: each is answered, or refused in a way that the contract knows. None is a failure of the daemon.</summary>
[SupportedOSPlatform("linux")]
public sealed class ApiFuzz
{
    private static readonly TimeSpan Box = TimeSpan.FromSeconds(6), Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long a call is listened to that goes on as long as its caller wants.</summary>
    private static readonly TimeSpan Listening = TimeSpan.FromMilliseconds(20);

    private static readonly StatusCode[] Known =
        [StatusCode.OK, StatusCode.InvalidArgument, StatusCode.NotFound, StatusCode.PermissionDenied, StatusCode.FailedPrecondition, StatusCode.ResourceExhausted, StatusCode.Aborted, StatusCode.Cancelled];

    private static readonly string[] Words =
    [
        "wifi", "lte", "ip/wifi", "a", "b", "tester", "root", "nobody", "my.value", "mtu", "cost", "medium", "metered", "bandwidth", "signal", "delay", "jitter", "loss", "name", "10", "1.5", "0", "wlan", "cellular", "203.0.113.7", "203.0.113.0/24",
        "2001:db8::/32", "::1", "example.net", "*.example.net", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "udp", "tcp", "icmp", "op1", "79228162514264337593543950335", "-79228162514264337593543950335", "0.0000000000000000000000000001", "80", "/usr/bin/ssh", "user.slice",
    ];

    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static readonly IMessage[] Samples =
    [
        new V1.ApplyRequest { Name = "a", PolicySet = Set("voice: udp peer port 5060-5061 require delay < 80 ms, jitter < 20 ms prefer lowest cost else lowest jitter lifetime 8 h; any balance by bandwidth;"), ConfirmWithin = new() { Seconds = 60 } },
        new V1.ApplyRequest { Name = "b", PolicySet = Set("flow web = tcp peer port 443; web prefer lowest rtt; rule busy priority 5 when any path (up and delay < 50 ms) for 5 s and (time 08:00-18:00 or day sat-sun) { tcp drop; } otherwise { udp peer 203.0.113.0/24 dscp 46 require label \"a\" = \"b\", medium = wifi else closest lifetime 2 h; }") },
        new V1.HoldRequest { Name = "c", PolicySet = Set("udp drop;"), Grace = new() { Seconds = 1 } },
        new V1.PlanRequest { Name = "a", PolicySet = Set("tcp drop; any prefer lowest loss;") },
        new V1.WithdrawRequest { Name = "a" },
        new V1.UndoRequest(),
        new V1.SetCharacteristicsRequest { Path = "wifi", Settings = { new V1.CharacteristicSetting { Name = "my.value", Number = new() { Value = "1" } } }, Duration = new() { Seconds = 60 } },
        new V1.ClearCharacteristicRequest { Path = "wifi", Name = "my.value" },
        new V1.DisablePathRequest { Path = "lte", Duration = new() { Seconds = 1 } },
        new V1.EnablePathRequest { Path = "lte" },
        new V1.SetUsedRequest { Path = "lte", UsedBytes = 1 },
        new V1.ExplainRequest { Flow = ((V1.Policy)Set("udp peer 203.0.113.7 port 5060 drop;").Statements[0].Policy).Flows[0] },
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_is_asked_is_answered_or_refused(int seed)
    {
        var failures = new Failures();
        await using var run = await ApiRun.StartAsync(failures);
        using var channel = run.Channel();
        var (random, invoker, calls) = (new Random(seed), channel.CreateCallInvoker(), Calls());
        Assert.InRange(calls.Count, 20, 60);
        var messages = new RandomMessage(random, Words);
        var done = new HashSet<string>(StringComparer.Ordinal);
        var clock = Stopwatch.StartNew();
        string[] answered = ["Apply", "Plan", "Withdraw", "Undo", "SetCharacteristics", "DisablePath", "EnablePath", "Explain", "ListFilterRules", "ListAuditRecords"];
        // A busy machine has done little when its time is over.
        for (var round = 0; clock.Elapsed < Box || round < calls.Count || (clock.Elapsed < 10 * Box && !answered.All(done.Contains)); round++)
        {
            var call = calls[random.Next(calls.Count)];
            var message = messages.Of(call.InputType);
            if (Samples.Where(one => one.Descriptor == call.InputType).ToList() is { Count: > 0 } samples && random.Next(4) > 0)
            {
                message = call.InputType.Parser.ParseFrom(samples[random.Next(samples.Count)].ToByteArray());
                for (var changes = random.Next(4); changes > 0; changes--)
                {
                    messages.Change(message);
                }
            }
            var status = await AskAsync(invoker, call, message.ToByteArray());
            if (status.StatusCode == StatusCode.OK)
            {
                done.Add(call.Name);
            }
            Assert.True(Known.Contains(status.StatusCode) && failures.IsEmpty,
                $"seed {seed}, round {round}: {call.FullName}({message}) came to {status.StatusCode}: {status.Detail}\n{string.Join('\n', failures)}");
        }
        // Not all was refused, and it goes on as before.
        Assert.Empty(answered.Except(done));
        Assert.Equal(StatusCode.OK, (await AskAsync(invoker, V1.NodeServiceReflection.Descriptor.Services[0].FindMethodByName("GetStatus"), [])).StatusCode);
        Assert.NotEmpty(run.Loop.Current.World.Paths.Paths.AsEnumerable());
    }

    /// <summary>Every call of the contract but the exchange of nodes, which is for nodes alone.</summary>
    private static List<MethodDescriptor> Calls() => [.. new[]
    {
        V1.PolicyServiceReflection.Descriptor, V1.DecisionServiceReflection.Descriptor, V1.PathServiceReflection.Descriptor, V1.CharacteristicServiceReflection.Descriptor, V1.QuotaServiceReflection.Descriptor,
        V1.NodeServiceReflection.Descriptor, V1.WatchServiceReflection.Descriptor, V1.AuditServiceReflection.Descriptor, V1.PeerServiceReflection.Descriptor,
    }.SelectMany(file => file.Services).SelectMany(service => service.Methods).Where(call => !call.IsClientStreaming)];

    private static async Task<Status> AskAsync(CallInvoker invoker, MethodDescriptor call, byte[] message)
    {
        var method = new Method<byte[], byte[]>(call.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, call.Service.FullName, call.Name, Raw, Raw);
        using var ended = new CancellationTokenSource(call.Name is "Hold" or "Watch" ? Listening : Patience);
        try
        {
            if (!call.IsServerStreaming)
            {
                await invoker.AsyncUnaryCall(method, null, new(cancellationToken: ended.Token), message);
                return Status.DefaultSuccess;
            }
            using var answers = invoker.AsyncServerStreamingCall(method, null, new(cancellationToken: ended.Token), message);
            while (await answers.ResponseStream.MoveNext(ended.Token))
            {
            }
            return Status.DefaultSuccess;
        }
        catch (RpcException refused)
        {
            Assert.True(refused.StatusCode != StatusCode.Cancelled || call.IsServerStreaming, $"{call.FullName} was not answered in time");
            return refused.Status;
        }
    }

    private static V1.PolicySet Set(string text) => PolicySetTranslation.ToWire(BookRun.Set(text), withPlaces: true);

    /// <summary>What is logged as a failure.</summary>
    private sealed class Failures : ConcurrentQueue<string>, ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Whoever stops listening resets his call, at whatever point it is.
            if (exception is not (null or System.IO.IOException or OperationCanceledException) && IsEnabled(logLevel))
            {
                Enqueue($"{formatter(state, exception)}: {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
