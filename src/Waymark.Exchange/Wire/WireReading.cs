using System.Globalization;
using System.Text;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>
/// One reading of a message from outside: knows where in the message it is, and collects every mistake, so that the sender hears of all at once. What is read
/// at a mistake is a placeholder; nobody sees it, for a reading with errors yields nothing.
/// </summary>
/// <param name="file">What diagnostics call the message: a file's or a policy set's name.</param>
internal sealed class WireReading(string file)
{
    /// <summary>The message or JSON text is not well-formed.</summary>
    internal const string Malformed = "WAY5001";

    /// <summary>A field that has to be given is not.</summary>
    internal const string Missing = "WAY5002";

    /// <summary>A number is outside its range.</summary>
    internal const string OutOfRange = "WAY5003";

    /// <summary>There is more than is taken (<see cref="WireLimits"/>).</summary>
    internal const string TooMuch = "WAY5004";

    /// <summary>A string is not what its field asks for: an address, a decimal, a name.</summary>
    internal const string BadText = "WAY5005";

    /// <summary>A characteristic is not known, or its unit or kind is another.</summary>
    internal const string BadCharacteristic = "WAY5006";

    /// <summary>Parts exclude or require each other.</summary>
    internal const string BadCombination = "WAY5007";

    /// <summary>So many mistakes are told of one message.</summary>
    private const int MostMistakes = 10_000;

    private readonly List<(string Field, int Index)> steps = [];
    private readonly List<Diagnostic> diagnostics = [];
    private Place place;
    private int statements;

    /// <summary>Every mistake so far, in the order found.</summary>
    internal EquatableArray<Diagnostic> Diagnostics => diagnostics.ToEquatableArray();

    /// <summary>How many they are: what rests on two fields is looked at only where both could be read.</summary>
    internal int Mistakes => diagnostics.Count;

    /// <summary>Whether there was none.</summary>
    internal bool IsClean => diagnostics.Count == 0;

    /// <summary>Goes into a field until the result is disposed; then the place is again what it was.</summary>
    internal Step Enter(string field, int index = -1)
    {
        steps.Add((field, index));
        return new(this, place);
    }

    /// <summary>Notes where in a text the message says that what is read now stands, for diagnostics.</summary>
    internal Place At(V1.Place? wire)
    {
        var here = wire is null || wire.Line > int.MaxValue || wire.Column > int.MaxValue ? default : new Place((int)wire.Line, (int)wire.Column);
        if (here.Line != 0)
        {
            place = here;
        }
        return here;
    }

    /// <summary>Goes to a place of the text that is read.</summary>
    internal void At(Place here) => place = here;

    /// <summary>Notes a mistake at the present place.</summary>
    internal void Refuse(string code, string message, string? mend = null)
    {
        if (diagnostics.Count < MostMistakes)
        {
            diagnostics.Add(new(code, Severity.Error, file, place.Line, place.Column, 1, steps.Count == 0 ? message : $"{Where()}: {message}", mend));
        }
    }

    /// <summary>Whether the present field nests deeper than is taken; then it is refused.</summary>
    internal bool IsTooDeep()
    {
        if (steps.Count < WireLimits.Depth)
        {
            return false;
        }
        RefuseNesting();
        return true;
    }

    /// <summary>Refuses what nests deeper than is taken.</summary>
    internal void RefuseNesting() => Refuse(TooMuch, $"it nests deeper than the {PolicyLimits.Nesting} levels that are taken", "name parts of it, or write them side by side");

    /// <summary>Refuses a message of a choice that chooses nothing, and yields the placeholder.</summary>
    internal T RefuseNothing<T>(string choices, T placeholder)
    {
        Refuse(Missing, "nothing is given", $"give one of {choices}");
        return placeholder;
    }

    /// <summary>Reads a list that has to have <paramref name="least"/> entries or more, each inside its own step.</summary>
    internal EquatableArray<T> List<TWire, T>(string field, IReadOnlyList<TWire> wires, Func<TWire, T> read, int least = 0)
    {
        if (wires.Count < least || wires.Count > PolicyLimits.ListEntries)
        {
            using (Enter(field))
            {
                Refuse(wires.Count < least ? Missing : TooMuch, wires.Count < least
                    ? $"{(wires.Count == 0 ? "nothing" : "one entry")} is given where {(least == 1 ? "at least one is" : "at least two are")} needed"
                    : string.Create(CultureInfo.InvariantCulture, $"{wires.Count} entries are more than the {PolicyLimits.ListEntries} that are taken"));
            }
            return [];
        }
        return Each(field, wires, read);
    }

    /// <summary>Reads a list of policies and rules; all levels of a set count together.</summary>
    internal EquatableArray<T> Statements<TWire, T>(string field, IReadOnlyList<TWire> wires, Func<TWire, T> read)
    {
        if (wires.Count > PolicyLimits.Statements - statements)
        {
            Refuse(TooMuch, $"the set has more than the {PolicyLimits.Statements} policies and rules that are taken", "split it into several sets");
            return [];
        }
        statements += wires.Count;
        return Each(field, wires, read);
    }

    /// <summary>Reads a message that has to be there.</summary>
    internal T Required<TWire, T>(string field, TWire? wire, Func<TWire, T> read, T placeholder)
        where TWire : class
    {
        using (Enter(field))
        {
            if (wire is null)
            {
                Refuse(Missing, "it is not given");
                return placeholder;
            }
            return IsTooDeep() ? placeholder : read(wire);
        }
    }

    /// <summary>A name: 1 to 255 characters, no control characters.</summary>
    internal string Name(string field, string text) => Text(field, text, PolicyLimits.NameLength);

    /// <summary>A string of 1 to <paramref name="longest"/> characters without control characters and without half a surrogate pair.</summary>
    internal string Text(string field, string text, int longest = PolicyLimits.TextLength)
    {
        using (Enter(field))
        {
            if (PolicyLimits.FaultOf(text, longest) is var (fault, sentence))
            {
                Refuse(fault switch { TextFault.Empty => Missing, TextFault.TooLong => TooMuch, TextFault.NoText => BadText, _ => throw new System.Diagnostics.UnreachableException() }, "it " + sentence);
            }
        }
        return text;
    }

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    internal void InRange(string field, long value, long low, long high)
    {
        if (value < low || value > high)
        {
            using (Enter(field))
            {
                Refuse(OutOfRange, string.Create(CultureInfo.InvariantCulture, $"{value} is not from {low} to {high}"));
            }
        }
    }

    private EquatableArray<T> Each<TWire, T>(string field, IReadOnlyList<TWire> wires, Func<TWire, T> read)
    {
        var items = new T[wires.Count];
        for (var i = 0; i < items.Length; i++)
        {
            using (Enter(field, i))
            {
                if (IsTooDeep())
                {
                    return [];
                }
                items[i] = read(wires[i]);
            }
        }
        return items.ToEquatableArray();
    }

    private string Where()
    {
        var text = new StringBuilder();
        foreach (var (field, index) in steps)
        {
            text.Append(text.Length == 0 ? "" : ".").Append(field);
            if (index >= 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            }
        }
        return text.ToString();
    }

    /// <summary>Leaves the field, and the place in it, when disposed.</summary>
    internal readonly struct Step(WireReading reading, Place before) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            reading.steps.RemoveAt(reading.steps.Count - 1);
            reading.place = before;
        }
    }
}
