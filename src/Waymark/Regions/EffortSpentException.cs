namespace Waymark.Regions;

/// <summary>A question about boxes would take more steps than <see cref="PacketSpace.Budget"/> allows: nothing is known of the answer.</summary>
public sealed class EffortSpentException : Exception
{
    /// <summary>That.</summary>
    public EffortSpentException()
        : base("The budget of steps is used up.")
    {
    }
}
