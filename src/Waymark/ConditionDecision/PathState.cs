using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.ConditionDecision;

/// <summary>A path as one decision sees it: its snapshot, what is known of it, and what follows from both for every claim. Made once a decision.</summary>
internal sealed class PathState
{
    private static readonly Measured FreeOfCharge = new(CharacteristicValue.Of(0.0), DateTimeOffset.UnixEpoch, 0, "no tariff");
    private static readonly Measured Unlimited = new(CharacteristicValue.Of(double.PositiveInfinity), DateTimeOffset.UnixEpoch, 0, "no quota");
    private static readonly Measured Never = new(CharacteristicValue.Of(false), DateTimeOffset.UnixEpoch, 0, "not set");

    /// <summary>The label that is the administrator's name of the path.</summary>
    private const string NameLabel = PathCharacteristics.LabelPrefix + "name";

    private readonly PathCharacteristics? known;
    private readonly DateTimeOffset now;
    private readonly bool isUp4;
    private readonly bool isUp6;

    public PathState(Path path, int index, PathCharacteristics? known, bool isDisabled, DateTimeOffset now)
    {
        (Path, Index, IsDisabled) = (path, index, isDisabled);
        (this.known, this.now) = (known, now);
        (isUp4, isUp6) = (Carries(IpFamily.V4), Carries(IpFamily.V6));
    }

    /// <summary>The maintainer's snapshot.</summary>
    public Path Path { get; }

    public PathId Id => Path.Id;

    /// <summary>Its place in the order of paths, from 0.</summary>
    public int Index { get; }

    /// <summary>Whether the administrator has taken it away.</summary>
    public bool IsDisabled { get; }

    /// <summary>Whether flows of <paramref name="family"/> (null: of any) get through at the moment.</summary>
    public bool IsUp(IpFamily? family) => family switch
    {
        IpFamily.V4 => isUp4,
        IpFamily.V6 => isUp6,
        _ => isUp4 || isUp6,
    };

    /// <summary>The value of a characteristic; null: unknown. What a path has no limit on is known.</summary>
    public Measured? Look(string characteristic, IpFamily? family) => characteristic switch
    {
        "up" => Up(family),
        "movable" => new(CharacteristicValue.Of(Path.IsMovable), now, 0, Id.Protocol),
        "estimated" => new(CharacteristicValue.Of(Up(family).IsEstimated), now, 0, "up"),
        "cost" => Find(characteristic) ?? FreeOfCharge,
        "quota" => Find(characteristic) ?? Unlimited,
        "metered" or "encrypted" => Find(characteristic) ?? Never,
        NameLabel => new(CharacteristicValue.Of(Path.Name), now, 0, "name"),
        _ => Find(characteristic),
    };

    /// <summary>Whether a characteristic may be another for each family.</summary>
    public static bool IsPerFamily(string characteristic) => characteristic is "up" or "estimated";

    /// <summary>The number of a characteristic; null: unknown, or no number.</summary>
    public double? Number(string characteristic, IpFamily? family) =>
        Look(characteristic, family) is { Value.Kind: CharacteristicKind.Numeric } measured ? measured.Value.Number : null;

    /// <summary>What was measured or configured under that name; null: nothing.</summary>
    public Measured? Find(string name) => known is not null && known.TryGet(name, out var measured) ? measured : null;

    /// <summary>The characteristics that are others than <paramref name="before"/>, when the same path was looked at last; their age and samples do not count.</summary>
    public IEnumerable<string> ChangedSince(PathState before)
    {
        EquatableArray<KeyValuePair<string, Measured>> old = before.known?.Values ?? [], values = known?.Values ?? [];
        for (int i = 0, j = 0; i < old.Count || j < values.Count;)
        {
            var order = i == old.Count ? 1 : j == values.Count ? -1 : string.CompareOrdinal(old[i].Key, values[j].Key);
            var name = order <= 0 ? old[i].Key : values[j].Key;
            if (order != 0 || !Same(old[i].Value, values[j].Value))
            {
                yield return name;
                if (name is PathCharacteristics.Up4 or PathCharacteristics.Up6)
                {
                    yield return "up";
                    yield return "estimated";
                }
            }
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        static bool Same(Measured a, Measured b) =>
            ReferenceEquals(a, b) || (a.Value == b.Value && a.StandardError == b.StandardError && a.IsEstimated == b.IsEstimated);
    }

    // Without a reachability test there is only the link's own word: carrier, an address and a route.
    private bool Carries(IpFamily family) =>
        !IsDisabled && Path.HasCarrier && Path.Half(family) is not null && (Find(PathCharacteristics.Up(family))?.Value.Flag ?? true);

    private Measured Up(IpFamily? family)
    {
        if (IsDisabled)
        {
            return new(CharacteristicValue.Of(false), now, 0, "disabled");
        }
        var up = IsUp(family);
        foreach (var half in Path.Halves)
        {
            if ((family is null || half.Family == family) && Path.HasCarrier && Find(PathCharacteristics.Up(half.Family)) is { } measured && measured.Value.Flag == up)
            {
                return measured;
            }
        }
        return new(CharacteristicValue.Of(up), now, 0, Path.HasCarrier ? "address and route" : "carrier") { IsEstimated = up };
    }
}
