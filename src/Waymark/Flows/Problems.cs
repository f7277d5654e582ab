namespace Waymark.Flows;

/// <summary>Sentences about what flows lack, each once: a name that a thousand flows use is missing once.</summary>
internal sealed class Problems
{
    private readonly List<string> all = [];
    private HashSet<string>? known;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => all.Count == 0;

    /// <summary>All, in the order found.</summary>
    public EquatableArray<string> All => all.ToEquatableArray();

    /// <summary>Adds one unless it is there.</summary>
    public void Add(string problem)
    {
        if ((known ??= new(StringComparer.Ordinal)).Add(problem))
        {
            all.Add(problem);
        }
    }

    /// <summary>Adds those that are not there.</summary>
    public void Add(EquatableArray<string> problems)
    {
        foreach (var problem in problems)
        {
            Add(problem);
        }
    }
}
