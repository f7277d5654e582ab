using System.Net.Sockets;
using System.Text;

namespace Waymark.Lab.Control;

/// <summary>Talks to a running lab.</summary>
public static class LabClient
{
    /// <summary>Where this user's lab listens: <c>WAYMARK_LAB</c>, else a folder of the user's own in the folder for temporary files.</summary>
    public static string Socket => Environment.GetEnvironmentVariable("WAYMARK_LAB") is { Length: > 0 } set
        ? set : System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"waymark-lab-{Environment.UserName}", "control");

    /// <summary>Makes the folder of <see cref="Socket"/>, closed to others.</summary>
    public static void PrepareFolder()
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Socket)!, System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.UserWrite | System.IO.UnixFileMode.UserExecute);
        }
    }

    /// <summary>
    /// Makes sure that a lab may listen at <paramref name="path"/>: throws <see cref="LabException"/> where one does, and takes away what one that was killed left there.
    /// </summary>
    public static async Task ClaimAsync(string path, CancellationToken cancellationToken)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch (SocketException)
        {
            // Nobody listens there.
            System.IO.File.Delete(path);
            await LabProcesses.EndAsync(path, cancellationToken);
            return;
        }
        throw new LabException("a lab runs already: end it with 'waymark lab down', or give this one a socket of its own in WAYMARK_LAB");
    }

    /// <summary>Ends the lab. One that was killed has taken its namespaces with it; what is left of it, its socket, is removed. Gives what happened.</summary>
    public static async Task<string> EndAsync(CancellationToken cancellationToken)
    {
        if (!System.IO.File.Exists(Socket))
        {
            return await LabProcesses.EndAsync(Socket, cancellationToken) is var left and > 0 ? $"no lab runs; {left} programs of an earlier one were ended" : "no lab runs";
        }
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        }
        catch (SocketException)
        {
            // Nobody listens there.
            System.IO.File.Delete(Socket);
            await LabProcesses.EndAsync(Socket, cancellationToken);
            return "the lab had been killed; what it left is removed";
        }
        connection.Close();
        // Before its network goes: they can still end in order.
        await LabProcesses.EndAsync(Socket, cancellationToken);
        return await AskAsync("down", cancellationToken);
    }

    /// <summary>Sends a command and gives the answer; throws <see cref="LabException"/> where it was refused, or no lab runs.</summary>
    public static async Task<string> AskAsync(string command, CancellationToken cancellationToken)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        }
        catch (SocketException)
        {
            // Nobody listens there.
            throw new LabException("no lab runs: start one with 'waymark lab up', in another terminal or with '&'");
        }
        await connection.SendAsync(Encoding.UTF8.GetBytes(command), cancellationToken);
        var answer = new StringBuilder();
        var buffer = new byte[65536];
        for (int count; (count = await connection.ReceiveAsync(buffer, cancellationToken)) > 0;)
        {
            answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        var text = answer.ToString();
        return text.StartsWith("ok ", StringComparison.Ordinal) ? text[3..]
            : text.StartsWith("wrong ", StringComparison.Ordinal) ? throw new LabException(text[6..], isInput: true)
            : throw new LabException(text.StartsWith("error ", StringComparison.Ordinal) ? text[6..] : "the lab ended before it answered");
    }
}
