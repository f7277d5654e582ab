namespace Waymark.Peers;

/// <summary>What is to change in the rules that a peer holds; all of it at once or nothing.</summary>
/// <param name="Put">Rules that are new to it, by their bytes, in order of digest.</param>
/// <param name="Removed">Rules that are no longer asked for, in order.</param>
public sealed record RuleUpdate(EquatableArray<RuleBytes> Put, EquatableArray<RuleDigest> Removed)
{
    /// <summary>Whether nothing changes.</summary>
    public bool IsEmpty => Put.IsEmpty && Removed.IsEmpty;
}

/// <summary>A rule as it travels. Equal where the bytes are, which is where the digests are.</summary>
public sealed class RuleBytes : IEquatable<RuleBytes>
{
    /// <summary>Of bytes that nobody changes from here on.</summary>
    public RuleBytes(ReadOnlyMemory<byte> content) => (Content, Digest) = (content, RuleDigest.Of(content.Span));

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Its name.</summary>
    public RuleDigest Digest { get; }

    /// <inheritdoc/>
    public bool Equals(RuleBytes? other) => other is not null && Digest == other.Digest;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RuleBytes);

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode();
}
