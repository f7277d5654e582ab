using Waymark.Paths;
using Waymark.Tariffs;

namespace Waymark.Daemon.Tariffs;

/// <summary>What decisions see of a path's tariffs and quotas.</summary>
/// <param name="Tariff">As it was when it last differed enough.</param>
/// <param name="At">When it was last found not to differ more.</param>
internal sealed record ToldTariff(TariffNow Tariff, DateTimeOffset At)
{
    /// <summary>Cost and quota; what nothing is said of is not among them.</summary>
    public IReadOnlyDictionary<string, Measured> Values { get; } = Of(Tariff, At);

    private static Dictionary<string, Measured> Of(TariffNow tariff, DateTimeOffset at)
    {
        var values = new Dictionary<string, Measured>(StringComparer.Ordinal);
        if (tariff.Price is { } price)
        {
            values["cost"] = new(CharacteristicValue.Of((double)price), at, 0, Measured.Tariff);
        }
        if (tariff.Left is { } left)
        {
            values["quota"] = new(CharacteristicValue.Of(left), at, 0, "ledger");
        }
        return values;
    }
}
