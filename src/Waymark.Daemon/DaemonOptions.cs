namespace Waymark.Daemon;

/// <summary>Where the daemon finds and keeps things.</summary>
public sealed record DaemonOptions
{
    /// <summary>The node file; one that does not exist means the defaults.</summary>
    public string NodeFile { get; init; } = Nodes.NodeFile.UsualPlace;

    /// <summary>Every <c>*.way</c> in it is a policy set of root; a directory that does not exist holds none.</summary>
    public string PolicyDirectory { get; init; } = "/etc/waymark/policy.d";

    /// <summary>Accepted sets and what decisions remember; made where it does not exist.</summary>
    public string StateDirectory { get; init; } = "/var/lib/waymark";

    /// <summary>Where each decision is recorded for <c>waymark replay</c>; null: nowhere.</summary>
    public string? Record { get; init; }

    /// <summary>The socket that requesters connect to.</summary>
    public string Socket { get; init; } = "/run/waymark/waymarkd.sock";
}
