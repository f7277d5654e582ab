namespace Waymark.Policies;

/// <summary>What can be wrong with a name.</summary>
public enum TextFault
{
    /// <summary>It has no characters.</summary>
    Empty,

    /// <summary>It has too many.</summary>
    TooLong,

    /// <summary>It holds what no line of text holds: a control character, or half a surrogate pair.</summary>
    NoText,
}
