using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>Parts of policies in messages as text of the language, for whoever shows them.</summary>
public static class PolicyText
{
    /// <summary>A claim about a path; empty where the message is none.</summary>
    public static string Of(V1.Predicate wire)
    {
        var reading = new WireReading("");
        var predicate = reading.ToCore(wire);
        return reading.IsClean ? PolicyPrinter.Print(predicate) : "";
    }
}
