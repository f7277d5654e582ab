using System.Diagnostics;
using System.Text;

namespace Waymark.Lab.Demo;

/// <summary>A program in a node of the lab.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder errors = new();

    private NodeProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>What it has printed on its standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (errors)
            {
                return errors.ToString();
            }
        }
    }

    public System.IO.StreamReader Output => process.StandardOutput;

    /// <summary>Starts a program in a node.</summary>
    public static NodeProcess Start(NetworkLab lab, string node, params string[] command)
    {
        var start = lab.Command(node, command);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return new(Process.Start(start) ?? throw new LabException($"'{command[0]}' cannot be started"));
    }

    /// <summary>Runs a program in a node to its end; its exit code and all that it printed.</summary>
    public static async Task<(int Code, string Printed)> RunAsync(NetworkLab lab, string node, string[] command, CancellationToken cancellationToken)
    {
        await using var one = Start(lab, node, command);
        var printed = await one.Output.ReadToEndAsync(cancellationToken);
        await one.process.WaitForExitAsync(cancellationToken);
        return (one.process.ExitCode, printed + one.Errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
