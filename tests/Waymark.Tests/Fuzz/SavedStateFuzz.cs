using System.Diagnostics;
using System.Text;
using Waymark.Tests.Nftables.Listings;
using Waymark.Tests.Routing;

namespace Waymark.Tests.Fuzz;

/// <summary>Saved rulesets and routing that somebody cut, turned about or wrote over: every reader of them ends, and says what is wrong or reads what is there.</summary>
public sealed class SavedStateFuzz
{
    private static readonly TimeSpan Box = TimeSpan.FromSeconds(1);

    [Fact]
    public void The_reader_of_nfts_own_form_takes_anything() => Run(1, SavedRulesetTests.Text, text => SavedRulesetTests.Read(text));

    [Fact]
    public void The_reader_of_nfts_json_takes_anything() => Run(2, SavedRulesetTests.Json, text => SavedRulesetTests.Read(text));

    [Fact]
    public void The_reader_of_routing_takes_anything() => Run(3, SavedRoutingTests.Sample, text => SavedRoutingTests.Read(text));

    private static void Run(int seed, string sample, Action<string> read)
    {
        var clock = Stopwatch.StartNew();
        var (taken, refused) = (0, 0);
        for (var round = 0; clock.Elapsed < Box; round++)
        {
            var random = new Random((seed * 1_000_000) + round);
            var text = new StringBuilder(sample);
            for (var count = random.Next(1, 4); count > 0; count--)
            {
                Change(text, random);
            }
            try
            {
                read(text.ToString());
                taken++;
            }
            catch (FormatException)
            {
                refused++;
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}", fault);
            }
        }
        Assert.True(taken > 10 && refused > 10, $"{taken} were taken, {refused} refused");
    }

    private static void Change(StringBuilder text, Random random)
    {
        var at = random.Next(text.Length);
        var length = random.Next(Math.Min(40, text.Length - at));
        switch (random.Next(6))
        {
            case 0:
                text.Remove(at, length);
                break;
            case 1:
                text.Insert(random.Next(text.Length), text.ToString(at, length));
                break;
            case 2:
                text[at] = (char)random.Next(random.Next(2) == 0 ? 128 : char.MaxValue);
                break;
            case 3:
                text[at] = "{}[]\",:@.-/ \n\\0x9"[random.Next(17)];
                break;
            case 4:
                text.Insert(at, random.NextInt64(long.MinValue, long.MaxValue));
                break;
            default:
                // A word in place of another.
                var words = text.ToString().Split([' ', '"', ',', '\n'], StringSplitOptions.RemoveEmptyEntries);
                text.Replace(words[random.Next(words.Length)], words[random.Next(words.Length)], at, Math.Min(200, text.Length - at));
                break;
        }
    }
}
