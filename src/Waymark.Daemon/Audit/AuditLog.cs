using System.IO;
using Microsoft.Extensions.Logging;

namespace Waymark.Daemon.Audit;

/// <summary>
/// Who asked for what, from where, and what came of it. A record is on the disk before its request is answered. What requesters asked for and what strangers tried are in files apart, so that nobody at the door can
/// push out what happened inside; of what comes again and again, alike, one record a minute says how often.
/// </summary>
internal sealed class AuditLog(DaemonOptions options, TimeProvider time, ILogger<AuditLog> log) : IDisposable
{
    /// <summary>For how long what is alike is counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>How many different ones are told apart in that time; the others are counted together.</summary>
    public const int MostKinds = 256;

    private readonly Lock gate = new();
    private readonly AuditJournal requests = new(Directory(options), "requests"), strangers = new(Directory(options), "strangers");
    private readonly Dictionary<AuditRecord, (long Since, AuditRecord Last, int More)> often = [];
    private long missed;

    /// <summary>Keeps a record.</summary>
    /// <param name="record">What happened; its time is now.</param>
    /// <param name="isOften">Whether it may come so often that it should be counted.</param>
    public void Add(AuditRecord record, bool isOften)
    {
        lock (gate)
        {
            record = record with { At = time.GetUtcNow() };
            if (!isOften)
            {
                Write(record);
                return;
            }
            var kind = KindOf(record);
            if (!often.ContainsKey(kind) && often.Count >= MostKinds)
            {
                // Whoever makes up ever new ones is not worth more lines.
                kind = new(default, "", "", "", "", record.Outcome, "");
                record = kind with { At = record.At, Request = record.Request, Detail = "of many different ones this is all that is told" };
            }
            if (often.TryGetValue(kind, out var known))
            {
                often[kind] = known with { Last = record, More = known.More + 1 };
                return;
            }
            often.Add(kind, (time.GetTimestamp(), record, 0));
            Write(record);
        }
    }

    /// <summary>Writes how often what was counted came; to be called now and then.</summary>
    public void Flush(bool isEnd = false)
    {
        lock (gate)
        {
            foreach (var (kind, (since, last, more)) in often.ToList())
            {
                if (!isEnd && time.GetElapsedTime(since) < Window)
                {
                    continue;
                }
                often.Remove(kind);
                if (more > 0)
                {
                    Write(last with { Repeated = more - 1 });
                    // It goes on: counted from here.
                    often.Add(kind, (time.GetTimestamp(), last, 0));
                }
            }
        }
    }

    /// <summary>The newest records, oldest first.</summary>
    /// <param name="most">How many.</param>
    /// <param name="isWanted">Which.</param>
    public IReadOnlyList<AuditRecord> Newest(int most, Func<AuditRecord, bool> isWanted)
    {
        lock (gate)
        {
            return [.. Newest(requests).Concat(Newest(strangers)).OrderBy(one => one.At).TakeLast(most)];
        }

        Queue<AuditRecord> Newest(AuditJournal journal)
        {
            var newest = new Queue<AuditRecord>();
            foreach (var record in journal.Read().Where(isWanted))
            {
                newest.Enqueue(record);
                if (newest.Count > most)
                {
                    newest.Dequeue();
                }
            }
            return newest;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush(isEnd: true);
        requests.Dispose();
        strangers.Dispose();
    }

    private static string Directory(DaemonOptions options) => Path.Combine(options.StateDirectory, "audit");

    /// <summary>What is alike: the same of the same, from whatever port.</summary>
    private static AuditRecord KindOf(AuditRecord record) => record with
    {
        At = default,
        From = System.Net.IPEndPoint.TryParse(record.From, out var end) ? end.Address.ToString() : record.From,
        Detail = record.Outcome == AuditOutcome.Refused ? record.Detail : "",
    };

    private void Write(AuditRecord record)
    {
        try
        {
            var journal = record.Requester.Length == 0 && record.Outcome == AuditOutcome.Refused ? strangers : requests;
            if (missed > 0)
            {
                journal.Append(new(record.At, "", "", "audit", "", AuditOutcome.Refused, $"{missed} records before this could not be kept"));
                missed = 0;
            }
            journal.Append(record);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // What was done is done. That it is not in the log is said in the other one, and here as soon as that is possible again.
            if (missed++ == 0)
            {
                Log.AuditNotKept(log, refused.Message);
            }
        }
    }
}
