using System.Net.Sockets;
using System.Text;
using Waymark.Lab.Links;
using Waymark.Units;

namespace Waymark.Lab.Control;

/// <summary>Takes commands for a running lab over a Unix socket, one line each; answers in text, the first word of which is <c>ok</c>, <c>wrong</c> (the command) or <c>error</c>.</summary>
/// <param name="lab">The lab.</param>
/// <param name="path">Where it listens.</param>
/// <param name="down">Called when the lab shall end.</param>
public sealed class LabServer(NetworkLab lab, string path, Action down)
{
    /// <summary>A command is one short line that is sent at once; who has not said it by then keeps the others waiting.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private CancellationTokenSource? replay;

    /// <summary>Serves until cancelled; throws <see cref="LabException"/> where another lab already listens there.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await LabClient.ClaimAsync(path, cancellationToken);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        while (true)
        {
            using var connection = await listener.AcceptAsync(cancellationToken);
            var buffer = new byte[4096];
            if (await ReceiveAsync(connection, buffer, cancellationToken) is not { } count)
            {
                continue;
            }
            string answer;
            var ends = false;
            try
            {
                var words = Encoding.UTF8.GetString(buffer, 0, count).Split(' ', '\n').Where(word => word.Length > 0).ToList();
                ends = words is ["down"];
                answer = "ok " + (ends ? "the lab ends" : await AnswerAsync(words, cancellationToken));
            }
            catch (Exception refused) when (refused is LabException or System.IO.IOException or UnauthorizedAccessException)
            {
                answer = (refused is LabException { IsInput: true } ? "wrong " : "error ") + refused.Message;
            }
            try
            {
                await connection.SendAsync(Encoding.UTF8.GetBytes(answer), cancellationToken);
            }
            catch (SocketException)
            {
                // The caller did not wait for the answer; the command was carried out.
            }
            if (ends)
            {
                down();
            }
        }
    }

    /// <summary>What a caller says; null: nothing, in time or ever.</summary>
    private static async Task<int?> ReceiveAsync(Socket connection, byte[] buffer, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            return await connection.ReceiveAsync(buffer, deadline.Token);
        }
        catch (Exception silent) when (silent is SocketException || (silent is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The caller went away or sleeps; the next one is served.
            return null;
        }
    }

    private async Task<string> AnswerAsync(List<string> words, CancellationToken cancellationToken)
    {
        switch (words)
        {
            case ["pid"]:
                return Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
            case ["nodes"]:
                return string.Join(' ', lab.Nodes);
            case ["links"]:
                return string.Join(' ', lab.Links.Keys);
            case ["status"]:
                return await new LabStatus(lab).TextAsync(cancellationToken);
            case ["status", "json"]:
                return await new LabStatus(lab).JsonAsync(cancellationToken);
            case ["node", var node]:
                return lab.Command(node).ArgumentList[2];
            case ["set", var name, .. var shape]:
                var link = lab.Find(name);
                // 'up' or 'down' in front: that direction only.
                var direction = shape is ["up" or "down", ..] ? shape[0] : "";
                var rest = direction.Length > 0 ? shape[1..] : shape;
                if (link.Up.With(rest, out var mistake) is not { } up || link.Down.With(rest, out _) is not { } downward)
                {
                    throw new LabException(mistake!, isInput: true);
                }
                (link.Up, link.Down) = (direction == "down" ? link.Up : up, direction == "up" ? link.Down : downward);
                return $"{name}: up {link.Up}, down {link.Down}";
            case ["cut", var name, .. var how]:
                await lab.CutAsync(name, silent: how is ["silent"], cancellationToken);
                return $"{name}: cut{(how is ["silent"] ? " silently: it keeps its carrier and swallows everything" : ", without carrier")}";
            case ["restore", var name]:
                await lab.RestoreAsync(name, cancellationToken);
                return $"{name}: restored";
            case ["replay", .. var file]:
                var trace = TraceReplay.Read(string.Join(' ', file), lab.Links.Keys.ToList());
                replay?.Cancel();
                replay = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                _ = ReplayAsync(trace, replay.Token);
                return $"{trace.Steps.Count} step{(trace.Steps.Count == 1 ? "" : "s")} over {Unit.Print(trace.Length)}";
            default:
                throw new LabException($"'{string.Join(' ', words)}' is no command of the lab", isInput: true);
        }
    }

    private async Task ReplayAsync(TraceReplay trace, CancellationToken cancellationToken)
    {
        try
        {
            await trace.RunAsync(lab.Links, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Another replay took its place, or the lab ends.
        }
    }
}
