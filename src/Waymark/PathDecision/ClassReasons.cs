using System.Collections;
using Waymark.ConditionDecision;

namespace Waymark.PathDecision;

/// <summary>
/// Why each class of a decision has its paths, in order of class number. A reason says of every path what was measured, and nearly all of them are never read: each is found anew from the
/// decision's own world when somebody asks, never from newer measurements. Equal where all reasons are.
/// </summary>
public sealed class ClassReasons : IReadOnlyList<ClassReason>, IEquatable<ClassReasons>
{
    /// <summary>Of no class.</summary>
    public static ClassReasons None { get; } = new(new() { Paths = new([]), Characteristics = Paths.CharacteristicsSet.Empty, Policies = MergedPolicies.Empty, Now = default }, [], [], []);

    private readonly World world;
    private readonly IReadOnlyList<ScopeRegion> regions;
    private readonly bool[] isHeldDown;
    private readonly ResolvedPlace[] places;

    internal ClassReasons(World world, IReadOnlyList<ScopeRegion> regions, bool[] isHeldDown, ResolvedPlace[] places) =>
        (this.world, this.regions, this.isHeldDown, this.places) = (world, regions, isHeldDown, places);

    /// <inheritdoc/>
    public int Count => places.Length;

    /// <summary>That of the class at <paramref name="index"/> in order of number, from 0.</summary>
    public ClassReason this[int index] => Reason(Resolution(), places[index]);

    /// <summary>That of the class of a number; null where none has it.</summary>
    public ClassReason? Of(int number)
    {
        var index = places.AsSpan().BinarySearch(new ResolvedPlace(0, 0, number), Comparer<ResolvedPlace>.Create(static (a, b) => a.Number.CompareTo(b.Number)));
        return index < 0 ? null : this[index];
    }

    /// <inheritdoc/>
    public IEnumerator<ClassReason> GetEnumerator()
    {
        var resolution = Resolution();
        foreach (var place in places)
        {
            yield return Reason(resolution, place);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(ClassReasons? other) => ReferenceEquals(this, other) || (other is not null && Count == other.Count && this.SequenceEqual(other));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ClassReasons);

    /// <inheritdoc/>
    public override int GetHashCode() => Count;

    private ClassReason Reason(ClassResolution resolution, ResolvedPlace place) => resolution.Reason(world.Policies.Classes[place.Class], place.Region, place.Number);

    private ClassResolution Resolution()
    {
        var timers = new HoldTimers(world.Previous.TrueSince, world.Now);
        return new(regions, new(new(world, timers), timers, isHeldDown, Facts: null), world.Previous.InUse);
    }
}

/// <summary>A class that is in force in a region.</summary>
/// <param name="Class">Index of the class, in <see cref="MergedPolicies.Classes"/>.</param>
/// <param name="Region">Index of the region.</param>
/// <param name="Number">Its number.</param>
internal readonly record struct ResolvedPlace(int Class, int Region, int Number);
