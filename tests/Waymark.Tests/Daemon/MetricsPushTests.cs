using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Metrics;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Exchange.Otlp;
using Waymark.PathDecision;
using Waymark.Tests.PathDecision;
using Metric = Waymark.Exchange.Otlp.Metric;

namespace Waymark.Tests.Daemon;

/// <summary>What OpenTelemetry's receivers are sent, and what becomes of it where they do not take it.</summary>
public sealed class MetricsPushTests : IAsyncDisposable
{
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private readonly CancellationTokenSource stop = new(TimeSpan.FromSeconds(60));
    private readonly MemoryDataPlane dataPlane = new();
    private readonly ReconcileLoop loop;
    private readonly StateInstruments state;
    private readonly CollectionOnDemand collection;
    private readonly StateStore store;
    private readonly NodeBook node;
    private readonly LineLog<MetricsPushService> log = new();
    private readonly Receiver receiver = new();
    private readonly Task running;

    public MetricsPushTests()
    {
        loop = new(dataPlane, new(TimeProvider.System), _ => { }, (_, _) => { }, DecisionMemory.None, TimeProvider.System, NullLogger<ReconcileLoop>.Instance);
        state = new(loop, new(), new() { Current = new(["[::]:7443"], true, "", Worlds.Start, 1) }, new PeerStanding(), TimeProvider.System);
        collection = new(state, TimeProvider.System);
        store = new(System.IO.Path.Combine(folder, "state"));
        node = new(new() { NodeFile = System.IO.Path.Combine(folder, "node.way") }, store, NullLogger<NodeBook>.Instance);
        var service = new MetricsPushService(node, collection, TimeProvider.System, log);
        running = Task.Run(() => service.RunAsync(stop.Token));
    }

    [Fact]
    public async Task What_is_sent_is_what_OpenTelemetrys_own_exporter_sends_of_the_same_instruments()
    {
        using var meter = new Meter("waymark.push.test");
        using var listening = new MetricCollection([meter], TimeProvider.System);
        using (var official = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddOtlpExporter((exporter, reader) =>
        {
            (exporter.Endpoint, exporter.Protocol) = (new(receiver.Url), OtlpExportProtocol.HttpProtobuf);
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = int.MaxValue;
        }).Build())
        {
            var counter = meter.CreateCounter<long>("waymark.count", "{thing}", "Things.");
            var took = meter.CreateHistogram("waymark.took", "s", "How long.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });
            meter.CreateObservableGauge("waymark.share", () => new[] { new Measurement<double>(0.25, KeyValuePair.Create<string, object?>("a.b", "x")), new Measurement<double>(double.NegativeInfinity, KeyValuePair.Create<string, object?>("a.b", "y\"\n")) }, "1", "A share.");
            meter.CreateObservableGauge("waymark.whole", () => 7L, "{thing}");
            meter.CreateObservableCounter("waymark.seen", () => 9L, "By", "Seen.");
            meter.CreateObservableUpDownCounter("waymark.held", () => new[] { new Measurement<long>(5, KeyValuePair.Create<string, object?>("a.b", "x")), new Measurement<long>(-2) }, "{thing}", "Held.");
            counter.Add(3, KeyValuePair.Create<string, object?>("truth", true), KeyValuePair.Create<string, object?>("number", 50));
            counter.Add(4, KeyValuePair.Create<string, object?>("truth", true), KeyValuePair.Create<string, object?>("number", 50));
            counter.Add(1);
            foreach (var seconds in new[] { 0.05, 0.1, 0.5, 7, 70 })
            {
                took.Record(seconds, KeyValuePair.Create<string, object?>("a.b", "x"));
            }
            Assert.True(official.ForceFlush());
            var sent = await receiver.NextAsync(stop.Token);
            var theirs = Told(sent);
            Assert.Equal(theirs, Told(listening.Export()));
            Assert.Equal(6, theirs.Count);
            // What stands around them is read from where they put it.
            Assert.Contains(sent.ResourceMetrics.Single().Resource.Attributes, one => one is { Key: "telemetry.sdk.name", Value.StringValue: "opentelemetry" });
            Assert.Equal(meter.Name, sent.ResourceMetrics.Single().ScopeMetrics.Single().Scope.Name);
        }
    }

    [Fact]
    public async Task Whatever_a_scraper_is_told_is_pushed_under_its_own_name()
    {
        Declare($"dashboard {{ push \"{receiver.Url}\"; }}");
        var pushed = await receiver.NextAsync(stop.Token);
        var resource = Assert.Single(pushed.ResourceMetrics);
        Assert.Contains(resource.Resource.Attributes, one => one is { Key: "service.name", Value.StringValue: "waymarkd" });
        var names = resource.ScopeMetrics.Single().Metrics.Select(one => one.Name).ToList();
        using var scraped = new MetricCollection([LoopInstruments.Source, state.Source], TimeProvider.System);
        var families = scraped.Write().Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();
        Assert.Equal(families.Count, names.Count);
        Assert.All(names, name => Assert.Contains(families, family => family.StartsWith(name.Replace('.', '_'), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_is_pushed_as_often_as_the_node_file_says_until_it_says_nothing_more()
    {
        Declare($"dashboard {{ push \"{receiver.Url}\" every 1 s; }}");
        await receiver.NextAsync(stop.Token);
        await log.Until($"metrics are pushed to {receiver.Url}", stop.Token);
        await receiver.NextAsync(stop.Token);
        await receiver.NextAsync(stop.Token);
        Assert.Single(log.Lines);
        Declare("");
        // What was under way is there by then; nothing comes behind it.
        await Task.Delay(500, stop.Token);
        var came = receiver.Waiting;
        await Task.Delay(1500, stop.Token);
        Assert.Equal(came, receiver.Waiting);
    }

    [Fact]
    public async Task A_receiver_that_refuses_is_told_of_once_and_so_is_that_it_takes_them_again()
    {
        receiver.Answer = (503, [], "Retry-After: 3");
        Declare($"dashboard {{ push \"{receiver.Url}\" every 1 s; }}");
        await receiver.NextAsync(stop.Token);
        var refused = Stopwatch.GetTimestamp();
        await log.Until("it answers 503", stop.Token);
        await receiver.NextAsync(stop.Token);
        Assert.True(Stopwatch.GetElapsedTime(refused) > TimeSpan.FromSeconds(2), "it wanted to be left alone for longer");
        receiver.Answer = (200, new ExportResponse { PartialSuccess = new() { RejectedDataPoints = 2, ErrorMessage = "too old\n\u001b[31m" } }.ToByteArray(), "");
        await log.Until("it refuses values: 2, too old", stop.Token);
        receiver.Answer = (200, [0xff, 0xff], "");
        await log.Until("is not OpenTelemetry's", stop.Token);
        receiver.Answer = (302, [], "Location: http://192.0.2.1/");
        await log.Until("it answers 302", stop.Token);
        receiver.Answer = (200, new byte[1 << 20], "");
        await log.Until("its answer is longer than 64 KiB", stop.Token);
        receiver.Answer = (200, [], "");
        await log.Until("metrics are pushed to", stop.Token);
        Assert.Equal(6, log.Lines.Count);
        Assert.DoesNotContain(log.Lines, line => line.Any(char.IsControl));
    }

    [Fact]
    public async Task Who_is_not_there_is_told_of_and_the_next_file_is_followed_at_once()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        // Bound, and nobody listens.
        Declare($"dashboard {{ push \"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}/v1/metrics\"; }}");
        await log.Until("Connection refused", stop.Token);
        Declare($"dashboard {{ push \"{receiver.Url}\"; }}");
        await receiver.NextAsync(stop.Token);
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task What_is_no_answer_is_told_without_its_bytes_and_faults_in_turns_once_each()
    {
        receiver.Raw = "\u001b[31mgarbage\r\n\r\n";
        Declare($"dashboard {{ push \"{receiver.Url}\" every 1 s; }}");
        await log.Until("'\\u{1b}[31mgarbage'", stop.Token);
        receiver.Raw = "HTTP/1.1 200 OK\r\n\u001b[31mheader\r\n\r\n";
        await log.Until("'\\u{1b}[31mheader", stop.Token);
        receiver.Raw = "";
        await log.Until("ended prematurely", stop.Token);
        receiver.Raw = "\u001b[31mgarbage\r\n\r\n";
        for (var waiting = receiver.Waiting; receiver.Waiting < waiting + 2;)
        {
            await Task.Delay(10, stop.Token);
        }
        receiver.Raw = null;
        await log.Until("metrics are pushed to", stop.Token);
        Assert.Equal(4, log.Lines.Count);
        Assert.DoesNotContain(log.Lines, line => line.Any(char.IsControl));
    }

    [Fact]
    public async Task Who_says_nothing_is_waited_for_a_while_and_then_what_the_file_says_is_done()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var impatient = new LineLog<MetricsPushService>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var other = new MetricsPushService(node, collection, TimeProvider.System, impatient) { Patience = TimeSpan.FromMilliseconds(200) }.RunAsync(end.Token);
        Declare($"dashboard {{ push \"http://{silent.LocalEndpoint}/v1/metrics\"; }}");
        await impatient.Until("no answer within 0.2 s", stop.Token);
        Declare($"dashboard {{ push \"{receiver.Url}\"; }}");
        await impatient.Until($"metrics are pushed to {receiver.Url}", stop.Token);
        await end.CancelAsync();
        await Task.WhenAny(other);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        receiver.Dispose();
        node.Dispose();
        store.Dispose();
        state.Dispose();
        loop.Dispose();
        dataPlane.Dispose();
        stop.Dispose();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    private void Declare(string text)
    {
        System.IO.File.WriteAllText(System.IO.Path.Combine(folder, "node.way"), text);
        node.Reload();
        node.Announce();
    }

    /// <summary>The metrics of a message in an order of their own, without times.</summary>
    private static List<string> Told(ExportRequest request)
    {
        var all = request.ResourceMetrics.Single().ScopeMetrics.Single().Metrics.Select(metric => metric.Clone()).ToList();
        foreach (var metric in all)
        {
            foreach (var point in (metric.Gauge?.Points ?? []).Concat(metric.Sum?.Points ?? []))
            {
                Assert.True(metric.Sum is null || (point.Start <= point.Time && point.Start > 0));
                (point.Start, point.Time) = (0, 0);
                Sort(point.Attributes);
            }
            foreach (var point in metric.Histogram?.Points ?? [])
            {
                Assert.True(point.Start <= point.Time && point.Start > 0);
                (point.Start, point.Time) = (0, 0);
                Sort(point.Attributes);
            }
        }
        return [.. all.Select(Text).Order(StringComparer.Ordinal)];

        // Points of one instrument in any order.
        static string Text(Metric metric) => $"{metric.Name} {metric.Unit} {metric.Description} {metric.DataCase} {metric.Sum?.Temporality} {metric.Sum?.IsMonotonic} {metric.Histogram?.Temporality}: "
            + string.Join(", ", (metric.Gauge?.Points ?? []).Concat(metric.Sum?.Points ?? []).Select(point => point.ToString()).Concat((metric.Histogram?.Points ?? []).Select(point => point.ToString())).Order(StringComparer.Ordinal));

        static void Sort(Google.Protobuf.Collections.RepeatedField<Waymark.Exchange.Otlp.Attribute> attributes)
        {
            var sorted = attributes.OrderBy(one => one.Key, StringComparer.Ordinal).ToList();
            attributes.Clear();
            attributes.AddRange(sorted);
        }
    }

    /// <summary>Takes what is pushed, and answers as it is told to.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly Channel<ExportRequest> received = Channel.CreateUnbounded<ExportRequest>();

        public Receiver()
        {
            listener.Start();
            _ = Task.Run(AcceptAsync);
        }

        public string Url => $"http://{listener.LocalEndpoint}/v1/metrics";

        public (int Status, byte[] Body, string Header) Answer { get; set; } = (200, [], "");

        /// <summary>What it says in the place of an answer; null: it answers.</summary>
        public string? Raw { get; set; }

        public int Waiting => received.Reader.Count;

        public async Task<ExportRequest> NextAsync(CancellationToken cancellationToken) => await received.Reader.ReadAsync(cancellationToken);

        public void Dispose() => listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    var (head, length) = (new System.Text.StringBuilder(), 0);
                    while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                    {
                        head.Append((char)stream.ReadByte());
                    }
                    foreach (var line in head.ToString().Split("\r\n"))
                    {
                        length = line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase) ? int.Parse(line.AsSpan(16), System.Globalization.CultureInfo.InvariantCulture) : length;
                    }
                    Assert.StartsWith("POST /v1/metrics HTTP/1.1\r\n", head.ToString(), StringComparison.Ordinal);
                    Assert.Contains("Content-Type: application/x-protobuf\r\n", head.ToString(), StringComparison.OrdinalIgnoreCase);
                    var body = new byte[length];
                    await stream.ReadExactlyAsync(body);
                    var (status, answer, header) = Answer;
                    await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Raw ?? $"HTTP/1.1 {status} Word\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n{header}{(header.Length > 0 ? "\r\n" : "")}\r\n"));
                    await stream.WriteAsync(Raw is null ? answer : []);
                    received.Writer.TryWrite(ExportRequest.Parser.WithDiscardUnknownFields(true).ParseFrom(body));
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException or System.IO.IOException)
            {
                // By its end, or by who did not want to read on.
                received.Writer.TryComplete(ended);
            }
        }
    }
}
