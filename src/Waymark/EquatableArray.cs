using System.Collections;
using System.Runtime.CompilerServices;

namespace Waymark;

/// <summary>
/// An immutable list that compares by its elements, so that "nothing changed" is an <c>==</c> on the record that holds it.
/// The default value is the empty list. Safe to share between threads.
/// </summary>
/// <typeparam name="T">What it lists; compared by its own equality.</typeparam>
[CollectionBuilder(typeof(EquatableArray), nameof(EquatableArray.Create))]
public readonly struct EquatableArray<T> : IEquatable<EquatableArray<T>>, IReadOnlyList<T>
{
    private readonly T[]? items;

    internal EquatableArray(T[] items) => this.items = items.Length == 0 ? null : items;

    /// <summary>How many elements there are, from 0.</summary>
    public int Count => items?.Length ?? 0;

    /// <summary>Whether there is no element.</summary>
    public bool IsEmpty => items is null;

    /// <summary>The element at <paramref name="index"/>, from 0; throws <see cref="IndexOutOfRangeException"/> outside.</summary>
    public T this[int index] => (items ?? [])[index];

    /// <summary>The elements, for a loop that may not allocate.</summary>
    public ReadOnlySpan<T> AsSpan() => items;

    /// <inheritdoc/>
    public bool Equals(EquatableArray<T> other) =>
        ReferenceEquals(items, other.items)
        || (Count == other.Count && AsSpan().SequenceEqual(other.AsSpan(), EqualityComparer<T>.Default));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EquatableArray<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in AsSpan())
        {
            hash.Add(item);
        }
        return hash.ToHashCode();
    }

    /// <summary>The elements in brackets, for people and failing tests.</summary>
    public override string ToString() => $"[{string.Join(", ", items ?? [])}]";

    /// <summary>Enumerates the elements in order, without allocation.</summary>
    public ReadOnlySpan<T>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)(items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => (items ?? []).GetEnumerator();

    /// <summary>Whether both hold equal elements in the same order.</summary>
    public static bool operator ==(EquatableArray<T> left, EquatableArray<T> right) => left.Equals(right);

    /// <summary>Whether they differ in an element or its place.</summary>
    public static bool operator !=(EquatableArray<T> left, EquatableArray<T> right) => !left.Equals(right);
}

/// <summary>Makes <see cref="EquatableArray{T}"/> values.</summary>
public static class EquatableArray
{
    /// <summary>A list of a copy of <paramref name="items"/>; what a collection expression calls.</summary>
    public static EquatableArray<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());

    /// <summary>A list of the elements of <paramref name="source"/>, in its order.</summary>
    public static EquatableArray<T> ToEquatableArray<T>(this IEnumerable<T> source) => new(source.ToArray());
}
