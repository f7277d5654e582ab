using CsCheck;
using Waymark.Tariffs;

namespace Waymark.Tests.Tariffs;

/// <summary>A machine whose devices carry bytes, come, go, are reset, renamed and counted for others, against a ledger that is read, killed and started again at any time.</summary>
public sealed class BookkeepingProperties
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static readonly Meter Monthly = new(BillingPeriod.CalendarMonth);

    private enum Event
    {
        Carry,
        Read,
        Kill,
        Recreate,
        Reset,
        Boot,
        Overrun,
    }

    [Fact]
    public void Every_byte_that_a_counter_shows_is_counted_once_but_what_nobody_saw_the_end_of() =>
        Gen.Select(Gen.Int[0, 6].Select(kind => (Event)kind), Gen.Int[0, 1000]).Array[0, 60].Sample(events =>
        {
            // What the kernel shows, what of it was read, and what was really carried.
            ulong shown = 0, seen = 0, total = 0;
            var (index, boot, present) = (3, 0, new List<int> { 1, 3 });
            var state = LedgerState.Empty;
            var (isWhole, isAlive) = (true, true);
            CountedPath[] Paths() => [new("lte", index, [Monthly])];
            void Look()
            {
                state = Bookkeeping.Read(state, new($"boot {boot}", present.ToEquatableArray(), [new(index, shown, 0)], isWhole), Paths().ToEquatableArray(), Now, TimeZoneInfo.Utc);
                (isWhole, isAlive, seen) = (false, true, shown);
            }
            Look();
            foreach (var (kind, amount) in events)
            {
                switch (kind)
                {
                    case Event.Carry:
                        shown += (ulong)amount;
                        total += (ulong)amount;
                        break;
                    case Event.Read:
                        Look();
                        break;
                    case Event.Kill:
                        // A new life reads before it hears anything.
                        (isWhole, isAlive) = (true, false);
                        break;
                    case Event.Overrun:
                        isWhole = true;
                        break;
                    case Event.Recreate:
                        if (isAlive)
                        {
                            state = Bookkeeping.Gone(state, new(index, shown, 0), Paths().ToEquatableArray(), Now, TimeZoneInfo.Utc);
                        }
                        else
                        {
                            total -= shown - seen;
                        }
                        present.Remove(index);
                        index += 2;
                        present.Add(index);
                        (shown, seen) = (0, 0);
                        break;
                    case Event.Reset:
                        total -= shown - seen;
                        shown = 0;
                        Look();
                        break;
                    case Event.Boot:
                        total -= shown - seen;
                        (shown, seen, index, boot, present) = (0, 0, 3, boot + 1, [1, 3]);
                        (isWhole, isAlive) = (true, false);
                        break;
                }
            }
            Look();
            Assert.Equal((long)total, Assert.Single(state.Accounts).Received);
        });
}
