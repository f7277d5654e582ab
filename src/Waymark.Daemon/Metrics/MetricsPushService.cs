using System.Net.Http;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Requests;
using Waymark.Exchange;
using Waymark.Exchange.Otlp;
using Waymark.Nodes;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// Pushes metrics where the node file says, by OpenTelemetry's protocol (OTLP over HTTP with protobuf). A receiver that cannot be reached, or refuses, is told once, and that it is well again; what it missed is not kept for it: all values
/// are as they stand, or have been counted from the start.
/// </summary>
internal sealed class MetricsPushService(NodeBook node, CollectionOnDemand collection, TimeProvider time, ILogger<MetricsPushService> log) : IActivity
{
    /// <summary>How long an answer may be, in bytes.</summary>
    private const int LongestAnswer = 64 << 10;

    /// <summary>However long a receiver wants to be left alone.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>The kinds of fault that were told since the receiver came to stand as it does.</summary>
    private readonly HashSet<string> told = [];

    /// <summary>How it stood when something was told of it last.</summary>
    private (MetricsPush To, bool IsWell)? standing;

    /// <summary>How long a receiver has for its answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        MetricCollection? metrics = null;
        HttpClient? client = null;
        (MetricsPush? To, TimeSpan Pause, long At) last = default;
        try
        {
            while (true)
            {
                // The next file's signal is taken before this file.
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, node.Change);
                var left = Timeout.InfiniteTimeSpan;
                if (node.Node.MetricsPush is { } to)
                {
                    metrics ??= collection.Take();
                    client ??= NewClient();
                    // A file that says the same of this is no reason to push sooner: the receiver may want to be left alone.
                    left = to == last.To ? last.Pause - time.GetElapsedTime(last.At) : TimeSpan.Zero;
                    if (left <= TimeSpan.Zero)
                    {
                        left = await PushAsync(client, to, metrics, cancellationToken);
                        last = (to, left, time.GetTimestamp());
                    }
                }
                else
                {
                    End();
                    (metrics, client, standing, last) = (null, null, null, default);
                }
                await Task.Delay(left, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            End();
        }

        void End()
        {
            client?.Dispose();
            if (metrics is not null)
            {
                collection.GiveBack();
            }
        }
    }

    private HttpClient NewClient() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = Patience, PooledConnectionLifetime = TimeSpan.FromMinutes(5), MaxResponseHeadersLength = 16 })
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = LongestAnswer,
        };

    /// <summary>Pushes once, and gives how long to wait for the next time.</summary>
    private async Task<TimeSpan> PushAsync(HttpClient client, MetricsPush to, MetricCollection metrics, CancellationToken cancellationToken)
    {
        var pause = to.Every;
        string? fault;
        try
        {
            using var body = new ByteArrayContent(metrics.Export().ToByteArray());
            body.Headers.ContentType = new("application/x-protobuf");
            using var answer = await client.PostAsync(to.Url, body, cancellationToken);
            var asked = answer.Headers.RetryAfter is { } later ? later.Delta ?? later.Date - time.GetUtcNow() : null;
            pause = asked > LongestPause ? LongestPause : asked > pause ? asked.Value : pause;
            fault = answer.IsSuccessStatusCode ? Refused(await answer.Content.ReadAsByteArrayAsync(cancellationToken)) : $"it answers {(int)answer.StatusCode}: {answer.ReasonPhrase}".TrimEnd(' ', ':');
        }
        catch (HttpRequestException failed) when (failed.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            fault = $"its answer is longer than {LongestAnswer >> 10} KiB";
        }
        catch (HttpRequestException failed)
        {
            fault = failed.InnerException?.Message is { } why ? $"{failed.Message}: {why}" : failed.Message;
        }
        catch (InvalidProtocolBufferException)
        {
            fault = "what it answers is not OpenTelemetry's";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            fault = $"no answer within {Patience.TotalSeconds} s";
        }
        Tell(to, fault);
        return pause;
    }

    private static string? Refused(byte[] answer) => ExportResponse.Parser.ParseFrom(answer).PartialSuccess switch
    {
        { RejectedDataPoints: > 0 and var count } part => $"it refuses values: {count}, {part.ErrorMessage}",
        { ErrorMessage.Length: > 0 } part => $"it warns: {part.ErrorMessage}",
        _ => null,
    };

    private void Tell(MetricsPush to, string? fault)
    {
        if (standing != (to, fault is null))
        {
            standing = (to, fault is null);
            told.Clear();
        }
        // What stands behind a colon may be something else each time. Faults that come in turns, as of several receivers behind one address, are not told in turns.
        if (!told.Add(fault?.Split(':')[0] ?? ""))
        {
            return;
        }
        if (fault is null)
        {
            Log.MetricsPushed(log, to.Url);
        }
        else
        {
            // The framework's messages quote what a receiver sent as well.
            Log.MetricsPushFailed(log, to.Url, ForeignText.Show(fault));
        }
    }
}
