namespace Waymark.Daemon.Remote;

/// <summary>How the listener for requesters of other hosts fares.</summary>
internal sealed class RemoteStanding
{
    private volatile State? current;

    /// <summary>As it is now; null: the node file asks for none.</summary>
    public State? Current
    {
        get => current;
        set => current = value;
    }

    /// <summary>One standing.</summary>
    /// <param name="Endpoints">Where the node file wants it.</param>
    /// <param name="IsListening">Whether it listens there.</param>
    /// <param name="Fault">What is wrong, for people; empty where nothing is.</param>
    /// <param name="CertificateUntil">When the node's certificate ends; null: there is none to show.</param>
    /// <param name="Connections">How many are connected.</param>
    public sealed record State(EquatableArray<string> Endpoints, bool IsListening, string Fault, DateTimeOffset? CertificateUntil, int Connections);
}
