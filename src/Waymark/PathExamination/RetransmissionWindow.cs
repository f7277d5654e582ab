namespace Waymark.PathExamination;

/// <summary>Segments sent, and sent again, in the last seconds. Constant memory.</summary>
/// <param name="seconds">How many.</param>
internal sealed class RetransmissionWindow(int seconds)
{
    private readonly (long Second, long Sent, long Again)[] parts = new (long, long, long)[seconds];

    public void Add(DateTimeOffset at, long sent, long again)
    {
        var second = at.ToUnixTimeSeconds();
        ref var part = ref parts[second % seconds];
        part = part.Second == second ? (second, part.Sent + sent, part.Again + again) : (second, sent, again);
    }

    public (long Sent, long Again) At(DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        (long Sent, long Again) sum = default;
        foreach (var part in parts)
        {
            if (second - part.Second >= 0 && second - part.Second < seconds)
            {
                sum = (sum.Sent + part.Sent, sum.Again + part.Again);
            }
        }
        return sum;
    }
}
