namespace Waymark.Tariffs;

/// <summary>What the bytes of a path cost, by how many were used in the billing period.</summary>
public sealed record Tariff
{
    /// <summary>Throws <see cref="ArgumentException"/> where the tiers do not begin at 0 or are not in order.</summary>
    /// <param name="tiers">In order of <see cref="TariffTier.From"/>, the first from 0.</param>
    /// <param name="meter">What counts, and from when.</param>
    public Tariff(EquatableArray<TariffTier> tiers, Meter meter)
    {
        if (tiers.IsEmpty || tiers[0].From != 0 || Enumerable.Range(1, tiers.Count - 1).Any(i => tiers[i].From <= tiers[i - 1].From))
        {
            throw new ArgumentException("Tiers begin at 0 and follow each other.", nameof(tiers));
        }
        (Tiers, Meter) = (tiers, meter);
    }

    /// <summary>In order of <see cref="TariffTier.From"/>, the first from 0.</summary>
    public EquatableArray<TariffTier> Tiers { get; }

    /// <summary>What counts, and from when.</summary>
    public Meter Meter { get; }

    /// <summary>The price of the next byte, money per 10^9 bytes.</summary>
    /// <param name="used">Bytes used in the period; less than 0 counts as 0.</param>
    public decimal PriceAfter(long used) => Tiers[Place(used)].Price;

    /// <summary>How many bytes more cost the same; null: all.</summary>
    /// <param name="used">Bytes used in the period; less than 0 counts as 0.</param>
    public long? LeftAfter(long used)
    {
        var place = Place(used);
        return place + 1 < Tiers.Count ? Tiers[place + 1].From - Math.Max(used, 0) : null;
    }

    private int Place(long used)
    {
        var place = 0;
        while (place + 1 < Tiers.Count && Tiers[place + 1].From <= used)
        {
            place++;
        }
        return place;
    }
}
