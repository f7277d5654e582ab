namespace Waymark.Policies;

/// <summary>Kleene's three truth values. The default is unknown.</summary>
public enum Truth
{
    /// <summary>It cannot be told: something has not been measured.</summary>
    Unknown,

    /// <summary>It does not hold.</summary>
    False,

    /// <summary>It holds.</summary>
    True,
}
