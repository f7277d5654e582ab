using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Waymark.Cli.Display;
using Waymark.Exchange.NodeCalls;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>Events as they happen, one a line.</summary>
internal static class WatchCommand
{
    public static Command Watch() => new Command("watch", "Shows events as they happen, until Ctrl-C: paths, decisions, moves of flows, changes of the kernel.")
    {
        Of("paths", "Paths alone, with each characteristic that changes noticeably.", V1.EventKind.Path, V1.EventKind.Measurement, V1.EventKind.Outside),
        Of("decisions", "What is decided and done alone: policy sets, decisions, moves of flows, changes of the kernel, failures.",
            V1.EventKind.PolicySet, V1.EventKind.Decision, V1.EventKind.Move, V1.EventKind.Apply, V1.EventKind.Peer, V1.EventKind.Failure),
    }.Asks((client, parse, cancellationToken) => ShowAsync(client, parse, [], cancellationToken));

    private static Command Of(string name, string description, params V1.EventKind[] kinds) =>
        new Command(name, description).Asks((client, parse, cancellationToken) => ShowAsync(client, parse, kinds, cancellationToken));

    private static async Task<int> ShowAsync(NodeClient client, ParseResult parse, V1.EventKind[] kinds, CancellationToken cancellationToken)
    {
        using var stream = client.Events.Watch(new() { Kinds = { kinds } }, cancellationToken: cancellationToken);
        await foreach (var happened in stream.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (parse.IsJson())
            {
                Invocation.WriteJson(happened);
                continue;
            }
            foreach (var line in Lines(happened))
            {
                Console.WriteLine($"{happened.At.ToDateTimeOffset().ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}  {line}");
            }
        }
        return ExitCodes.Done;
    }

    /// <summary>An event in lines: a measurement has one for each characteristic.</summary>
    internal static IEnumerable<string> Lines(V1.WatchResponse happened) => happened.EventCase == V1.WatchResponse.EventOneofCase.Measurement
        ? happened.Measurement.Changes.Select(change => Change(happened.Measurement.Name, change))
        : Line(happened) is { } line ? [line] : [];

    /// <summary>An event in words; null for one that says nothing to people.</summary>
    internal static string? Line(V1.WatchResponse happened) => happened.EventCase switch
    {
        V1.WatchResponse.EventOneofCase.Path => $"path {happened.Path.Path.Name} {happened.Path.Kind switch
        {
            V1.PathEventKind.Appeared => "appeared",
            V1.PathEventKind.Gone => "is gone",
            V1.PathEventKind.Up => "is up",
            V1.PathEventKind.Down => "is down",
            _ => "changed",
        }}",
        V1.WatchResponse.EventOneofCase.Decision => $"decision {happened.Decision.Revision}: {happened.Decision.FilterRuleCount} rules in {happened.Decision.ClassCount} classes, "
            + $"{happened.Decision.Took.ToTimeSpan().TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms"
            + string.Concat(happened.Decision.NewlyUnresolved.Select(one => $"\n              unresolved {WireText.Origin(one.Origin)}: {one.Message}")),
        V1.WatchResponse.EventOneofCase.Move => Move(happened.Move),
        V1.WatchResponse.EventOneofCase.Apply => $"kernel {(happened.Apply.IsRepair ? "mended" : "changed")}: {happened.Apply.Summary}, {happened.Apply.Took.ToTimeSpan().TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms",
        V1.WatchResponse.EventOneofCase.PolicySet => $"{happened.PolicySet.Requester}: {happened.PolicySet.Name} {happened.PolicySet.Kind.ToString().ToLowerInvariant()}"
            + (happened.PolicySet.ConfirmBy is { } until ? $", taken back at {WireText.TimeOfDay(until)} unless confirmed" : ""),
        V1.WatchResponse.EventOneofCase.Failure => $"{happened.Failure.Activity} failed: {happened.Failure.Message}",
        V1.WatchResponse.EventOneofCase.Outside => Outside(happened.Outside),
        V1.WatchResponse.EventOneofCase.Peer => Peer(happened.Peer),
        V1.WatchResponse.EventOneofCase.Lost => $"({happened.Lost.Count} events lost: this watcher was too slow)",
        _ => null,
    };

    private static string Change(string path, V1.CharacteristicChange change)
    {
        string Value(V1.Measured? measured) => measured is null ? "unknown" : (measured.IsEstimated ? "about " : "") + WireText.Value(change.Name, measured);
        return $"{path,-10} {change.Name,-14} {Value(change.Before),-16} -> {Value(change.After),-16} ({(change.After ?? change.Before)?.Source})";
    }

    private static string Outside(V1.OutsideEvent said)
    {
        var (name, measured) = (said.Characteristic.Name, said.Characteristic.Measured);
        return said.Kind switch
        {
            V1.OutsideEventKind.Cleared => $"{measured.Source}: {said.Path} {name} cleared",
            V1.OutsideEventKind.Expired => $"{measured.Source}: {said.Path} {name} {WireText.Value(name, measured)} is over",
            _ => $"{measured.Source}: {said.Path} {name} {WireText.Value(name, measured)}",
        };
    }

    private static string Peer(V1.PeerEvent happened) => happened.Kind switch
    {
        V1.PeerEventKind.Connected => $"peer {happened.Peer} is connected, at {happened.Detail}",
        V1.PeerEventKind.Lost => $"peer {happened.Peer} is not connected: {happened.Detail}",
        V1.PeerEventKind.AskedRule => $"peer {happened.Peer} is asked {happened.Rule}: {PeerTable.Became(happened.State, happened.Detail, isConnected: true)}",
        _ => $"peer {happened.Peer} asks {happened.Rule}: {PeerTable.Became(happened.State, happened.Detail, isConnected: true)}",
    };

    private static string Move(V1.MoveEvent move)
    {
        var names = (move.Reason?.Candidates ?? []).ToDictionary(one => one.Path, one => one.Name, StringComparer.Ordinal);
        string Name(string id) => names.GetValueOrDefault(id, id);
        var who = string.Join(", ", move.Origins.Select(WireText.Origin));
        var before = move.Before is null ? "" : WireText.Action(move.Before, Name) + " ";
        return $"{who} {(move.Family == V1.IpFamily.V4 ? "IPv4" : "IPv6")}: {before}-> {WireText.Action(move.After, Name)}{(move.Cause.Length > 0 ? $"   ({move.Cause})" : "")}";
    }
}
