namespace Waymark.Fuzzing;

/// <summary>What a target promises.</summary>
internal static class Expect
{
    /// <summary>Throws, saying what was not kept, where it was not.</summary>
    public static void That(bool isKept, string promise)
    {
        if (!isKept)
        {
            throw new InvalidOperationException($"not kept: {promise}");
        }
    }

    /// <summary>Throws where the two differ.</summary>
    public static void Equal<T>(T expected, T actual, string promise) => That(EqualityComparer<T>.Default.Equals(expected, actual), promise);
}
