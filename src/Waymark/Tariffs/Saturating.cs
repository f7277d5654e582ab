namespace Waymark.Tariffs;

/// <summary>Sums of bytes that stay at their limit instead of going over: 9 exabytes are more than any period sees, so what goes over is a driver's nonsense.</summary>
internal static class Saturating
{
    public static long Signed(ulong value) => value > long.MaxValue ? long.MaxValue : (long)value;

    public static long Sum(long a, long b)
    {
        var sum = (Int128)a + b;
        return sum > long.MaxValue ? long.MaxValue : sum < long.MinValue ? long.MinValue : (long)sum;
    }
}
