namespace Waymark.Paths;

/// <summary>A value with where it came from: what a decision rests on and what an explanation shows.</summary>
/// <param name="Value">The value.</param>
/// <param name="At">When the newest sample in it was taken, or when it was configured.</param>
/// <param name="Samples">How many samples it rests on; 0 for what is configured or reported by the system.</param>
/// <param name="Source">What measured it: <c>icmp</c>, <c>link</c>, <c>node file</c>; the name of the requester who said it.</param>
public sealed record Measured(CharacteristicValue Value, DateTimeOffset At, int Samples, string Source)
{
    /// <summary>The source of what the administrator says in the node file: no other goes before it.</summary>
    public const string NodeFile = "node file";

    /// <summary>The source of the price that a tariff of the node file comes to at the moment.</summary>
    public const string Tariff = "tariff";

    /// <summary>Whether the administrator says so: nobody else's word goes before it.</summary>
    public bool IsConfigured => Source is NodeFile or Tariff;

    /// <summary>The standard error of the mean in the value's own unit; null where it is not a measurement.</summary>
    public double? StandardError { get; init; }

    /// <summary>Whether it stands for something that was not itself measured (delay as half of rtt, up by carrier alone).</summary>
    public bool IsEstimated { get; init; }
}
