using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Linux.Verification;

/// <summary>Collects what a verification finds. What differs in the same way is told once, with a count.</summary>
/// <param name="most">How many different ones are kept.</param>
internal sealed class Findings(int most)
{
    private readonly Dictionary<(string Situation, PolicyOrigin? Origin, string Decided, string Does), (Difference First, int Count)> differences = [];
    private readonly HashSet<string> notUnderstood = new(StringComparer.Ordinal);

    /// <summary>Whether no more are kept.</summary>
    public bool IsFull => differences.Count >= most;

    /// <summary>The differences, in the order in which they were found.</summary>
    public EquatableArray<Difference> Differences => differences.Values.Select(one => one.First with { Others = one.Count - 1 }).ToEquatableArray();

    /// <summary>What was not understood, in ordinal order.</summary>
    public EquatableArray<string> NotUnderstood => notUnderstood.Order(StringComparer.Ordinal).ToEquatableArray();

    /// <summary>Adds a difference.</summary>
    /// <param name="situation">In which situation.</param>
    /// <param name="packet">One of the packets.</param>
    /// <param name="origin">Whose policy decides it.</param>
    /// <param name="decided">What the decision says.</param>
    /// <param name="does">What the kernel does.</param>
    /// <param name="by">By what; asked only of the first of its kind.</param>
    public void Add(string situation, Packet packet, PolicyOrigin? origin, string decided, string does, Func<IEnumerable<string>> by)
    {
        var kind = (situation, origin, decided, does);
        if (differences.TryGetValue(kind, out var known))
        {
            differences[kind] = known with { Count = known.Count + 1 };
        }
        else if (!IsFull)
        {
            differences.Add(kind, (new(situation, packet, origin, decided, does, by().ToEquatableArray()), 1));
        }
    }

    /// <summary>Adds something that was not understood.</summary>
    public void AddNotUnderstood(string sentence) => notUnderstood.Add(sentence);
}
