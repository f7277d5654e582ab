namespace Waymark.Policies.Language;

/// <summary>Finds the word that somebody probably meant.</summary>
public static class NearestWord
{
    /// <summary>The known word at the least distance, if that is at most a <paramref name="share"/>-th of the length (at least one); null: none is near.</summary>
    public static string? Of(string word, IEnumerable<string> known, int share = 3)
    {
        string? best = null;
        var least = Math.Max(1, word.Length / share) + 1;
        foreach (var candidate in known)
        {
            var distance = Distance(word, candidate);
            // What is written is not what was meant: it stands in the wrong place.
            if (distance < least && candidate != word && (distance < candidate.Length || word[0] == candidate[0]))
            {
                (best, least) = (candidate, distance);
            }
        }
        return best;
    }

    /// <summary>"did you mean 'x'?", or null.</summary>
    public static string? Mend(string word, IEnumerable<string> known, int share = 3) => Of(word, known, share) is { } near ? $"did you mean '{near}'?" : null;

    /// <summary>Edits from one to the other: insert, remove, replace, swap of neighbours (optimal string alignment). Case counts for nothing.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 8 || a.Length > 64)
        {
            return int.MaxValue;
        }
        int[] two = new int[b.Length + 1], one = new int[b.Length + 1], row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            one[j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j - 1] + 1, one[j] + 1), one[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 2]) && char.ToLowerInvariant(a[i - 2]) == char.ToLowerInvariant(b[j - 1]))
                {
                    row[j] = Math.Min(row[j], two[j - 2] + 1);
                }
            }
            (two, one, row) = (one, row, two);
        }
        return one[b.Length];
    }
}
