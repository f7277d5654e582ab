namespace Waymark.Policies;

/// <summary>
/// Where in a text something stands. It says where a thing was written, not what it is: any two places are equal, so that a policy set
/// read again after a comment was added equals the one before.
/// </summary>
/// <param name="Line">From 1; 0 where there is no text (JSON, a program).</param>
/// <param name="Column">From 1, in characters; 0 where there is no text.</param>
public readonly record struct Place(int Line, int Column)
{
    /// <summary>Always: see the type.</summary>
    public bool Equals(Place other) => true;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;

    /// <summary>line:column, or nothing.</summary>
    public override string ToString() => Line == 0 ? "" : $"{Line}:{Column}";
}
