using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>What a requester has said of a path, and until when it counts.</summary>
/// <param name="Path">
/// The path's name, not its id: the value belongs to what the administrator calls so, whichever device that is at the moment, and also while it is away.
/// </param>
/// <param name="Name">The characteristic.</param>
/// <param name="Requester">Who said it.</param>
/// <param name="Value">The value; a number in its base unit.</param>
/// <param name="At">When it was said.</param>
/// <param name="Until">From when on it counts no longer; null: until it is cleared.</param>
public sealed record OutsideValue(string Path, string Name, string Requester, CharacteristicValue Value, DateTimeOffset At, DateTimeOffset? Until)
{
    /// <summary>Whether it still counts at <paramref name="now"/>.</summary>
    public bool Counts(DateTimeOffset now) => Until is null || now < Until;
}
