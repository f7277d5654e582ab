using Waymark.Policies.Language;
using Waymark.Tariffs;
using Waymark.Units;

namespace Waymark.Nodes;

/// <summary>Prices and quotas of a path: <c>cost PRICE [ "from" VOLUME [ "to" VOLUME ] [ meter ] ]</c> and <c>quota VOLUME [ meter ]</c>, where
/// <c>meter = [ "/" ( "day" | "week" | "month" ) ] [ "resets" "day" N ] [ "at" "ZONE" ] [ "counts" ( "down" | "up" | "both" ) ]</c>.</summary>
internal sealed partial class NodeParser
{
    private static readonly string[] PeriodWords = ["day", "week", "month"], DirectionWords = ["down", "up", "both"];

    /// <summary>The statements of one path, until all of them have been read and it can be told whether they fit together.</summary>
    /// <param name="parser">Reads them.</param>
    /// <param name="say">Takes a price or a volume that is always the same.</param>
    private sealed class TariffStatements(NodeParser parser, Action<string, Quantity> say)
    {
        private readonly List<(Token Keyword, TariffTier Tier, long? Until, Meter? Meter)> tiers = [];
        private readonly List<Quota> quotas = [];
        private bool hasPrice, hasVolume;

        public void Cost() => parser.Single(null, () =>
        {
            var keyword = parser.Last;
            var price = parser.Quantity("'cost'", Dimension.Price);
            if (parser.TryTake("from"))
            {
                var from = parser.Volume("where the tier begins");
                long? until = parser.TryTake("to") ? parser.Volume("where the tier ends") : null;
                var meter = parser.TryMeter();
                if (until <= from)
                {
                    parser.Source.Error("WAY1009", keyword.Start, parser.Last.End, "the tier ends before it starts", $"write 'from {Print(until.Value)} to {Print(from)}'");
                }
                if (meter is not null && SaidMeter() is { } other && other != meter)
                {
                    parser.Source.Error("WAY1013", keyword.Start, parser.Last.End, $"the tiers of a path go by one billing period, and another tier says '{other}'", "say it at one of them");
                }
                tiers.Add((keyword, new(from, price.Value), until, meter));
            }
            else if (hasPrice)
            {
                parser.Source.Error("WAY1013", keyword.Start, keyword.End, "'cost' is said twice", "remove one of them, or write tiers: 'cost 0 /GB from 0 to 20 GB; cost 10 /GB from 20 GB;'");
            }
            else
            {
                hasPrice = true;
                say("cost", price);
            }
        });

        public void Quota() => parser.Single(null, () =>
        {
            var keyword = parser.Last;
            var start = parser.Now;
            var volume = parser.Quantity("'quota'", Dimension.Volume);
            if (parser.TryMeter() is not { } meter)
            {
                if (hasVolume)
                {
                    parser.Source.Error("WAY1013", keyword.Start, keyword.End, "'quota' is said twice", "remove one of them, or say in which period each counts: 'quota 1 GB / day;'");
                }
                hasVolume = true;
                say("quota", volume);
            }
            else if (quotas.Any(quota => quota.Meter == meter))
            {
                parser.Source.Error("WAY1013", keyword.Start, parser.Last.End, $"a quota '{meter}' is said already", "remove one of them");
            }
            else
            {
                quotas.Add(new(parser.Bytes(volume, start), meter));
            }
        });

        /// <summary>The path with its prices and quotas.</summary>
        /// <param name="path">The path without.</param>
        /// <param name="isRead">Whether all of its statements could be read: only then what is missing can be told.</param>
        public PathDeclaration Complete(PathDeclaration path, bool isRead)
        {
            if (isRead && tiers.Count > 0 && hasPrice)
            {
                Fault(0, "the path has one price and tiers of prices", "say from how many bytes on the price holds, or remove the tiers");
            }
            if (isRead && quotas.Count > 0 && hasVolume)
            {
                var keyword = parser.Last;
                parser.Source.Error("WAY1013", keyword.Start, keyword.End, "the path has a quota that is counted and one that is not", "say in which period each counts: 'quota 20 GB / month;'");
            }
            path = path with { Quotas = quotas.ToEquatableArray() };
            return isRead && tiers.Count > 0 && AreInLine() ? path with { Tariff = new(tiers.Select(tier => tier.Tier).ToEquatableArray(), Meter()) } : path;
        }

        /// <summary>Whether each byte has one price: sorts the tiers and reports gaps and overlaps.</summary>
        private bool AreInLine()
        {
            tiers.Sort((a, b) => a.Tier.From.CompareTo(b.Tier.From));
            if (tiers[0].Tier.From != 0)
            {
                return Fault(0, $"it is not said what the first {Print(tiers[0].Tier.From)} cost", $"add 'cost 0 /GB from 0 to {Print(tiers[0].Tier.From)};'");
            }
            for (var i = 1; i < tiers.Count; i++)
            {
                var (end, next) = (tiers[i - 1].Until, tiers[i].Tier.From);
                if (end is null || end > next)
                {
                    return next == tiers[i - 1].Tier.From
                        ? Fault(i, $"two tiers begin at {Print(next)}", "remove one of them")
                        : Fault(i, $"from {Print(next)} on two tiers hold", $"end the one before with 'to {Print(next)}'");
                }
                if (end < next)
                {
                    return Fault(i, $"it is not said what bytes between {Print(end.Value)} and {Print(next)} cost", $"write 'from {Print(end.Value)}' here, or add a tier");
                }
            }
            return tiers[^1].Until is not { } last || Fault(tiers.Count - 1, $"it is not said what bytes beyond {Print(last)} cost", $"leave 'to {Print(last)}' out, or add 'cost PRICE from {Print(last)};'");
        }

        /// <summary>By what the tiers go: what one of them says, or as the quota of the longest period does, or else the calendar month.</summary>
        private Meter Meter() =>
            SaidMeter()
            ?? quotas.MaxBy(quota => quota.Meter.Period.Unit)?.Meter
            ?? new(BillingPeriod.CalendarMonth);

        private Meter? SaidMeter() => tiers.Select(tier => tier.Meter).OfType<Meter>().FirstOrDefault();

        private bool Fault(int tier, string message, string mend)
        {
            var keyword = tiers[tier].Keyword;
            parser.Source.Error("WAY1023", keyword.Start, keyword.End, message, mend);
            return false;
        }

        private static string Print(long bytes) => Unit.Print(new Quantity(bytes, Dimension.Volume));
    }

    /// <summary>The meter that stands here, if one does.</summary>
    private Meter? TryMeter()
    {
        var (first, start) = (Position, Now);
        BillingUnit? unit = null;
        if (TryTake("/"))
        {
            unit = (BillingUnit)Choice("a billing period", PeriodWords);
        }
        int? day = null;
        if (TryTake("resets"))
        {
            Expect("day", "behind 'resets'");
            day = DayOfMonth();
            if (unit is BillingUnit.Day or BillingUnit.Week)
            {
                Source.Error("WAY1013", start.Start, Last.End, $"a {PeriodWords[(int)unit]} does not begin on a day of the month", unit == BillingUnit.Week ? "leave 'resets' out: a week begins on Monday" : "leave 'resets' out");
            }
        }
        var zone = TryTake("at") ? TimeZone() : null;
        CountedTraffic? counts = TryTake("counts") ? (CountedTraffic)((Choice("a direction", DirectionWords) + 1) % 3) : null;
        if (unit is null && day is null)
        {
            if (zone is not null || counts is not null)
            {
                throw Fail("WAY0001", start, "it is not said in which period it counts", "write '/ month', '/ week', '/ day' or 'resets day 1' before it");
            }
            return null;
        }
        var meter = new Meter(new(unit ?? BillingUnit.Month, day ?? 1, zone), counts ?? CountedTraffic.Both);
        // 'resets day 1' may stand as it was written: it says when, and "/ month" says the same.
        Note(first, day is 1 ? $"resets day 1{$"{meter}"["/ month".Length..]}" : $"{meter}");
        return meter;
    }

    private int DayOfMonth()
    {
        var token = Now;
        var day = (int)Integer("a day of the month", 31);
        if (day == 0)
        {
            Source.Error("WAY1008", token.Start, token.End, "a day of the month is 1 to 31", "29 to 31 mean the last day of a month that is shorter");
            return 1;
        }
        return day;
    }

    private string TimeZone()
    {
        var token = Now;
        var name = QuotedString("a time zone");
        if (!BillingPeriod.IsZone(name))
        {
            var known = TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id).ToList();
            Source.Error("WAY1024", token.Start, token.End, $"this system knows no time zone '{name}'", known.Count < 2
                ? "install the time zones of the system (the package 'tzdata')"
                : (name.Length > 0 ? NearestWord.Mend(name, known) : null) ?? "zones are called as \"Europe/Paris\" or \"UTC\" ('timedatectl list-timezones' lists them)");
        }
        return name;
    }

    /// <summary>The place of the word that stands here among <paramref name="words"/>.</summary>
    private int Choice(string what, string[] words)
    {
        var place = Now.Kind == TokenKind.Word ? Array.IndexOf(words, Now.Text) : -1;
        if (place < 0)
        {
            throw Unexpected($"{what}: {string.Join(", ", words)}", Now.Kind == TokenKind.Word ? NearestWord.Mend(Now.Text, words) : null);
        }
        Take();
        return place;
    }

    private long Volume(string what)
    {
        var token = Now;
        return Bytes(Quantity(what, Dimension.Volume), token);
    }

    /// <summary>Whole bytes, at most as many as can be counted.</summary>
    private long Bytes(Quantity volume, Token start)
    {
        if (volume.Value < 0 || volume.Value > long.MaxValue)
        {
            Source.Error("WAY1008", start.Start, Last.End, "a volume is 0 B to 9000000 TB", null);
            return 0;
        }
        return (long)volume.Value;
    }
}
