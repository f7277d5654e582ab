namespace Waymark.Lab;

/// <summary>The lab cannot do what was asked for; the message says why and what would help.</summary>
/// <param name="message">One sentence, or several lines of diagnostics.</param>
/// <param name="isInput">See <see cref="IsInput"/>.</param>
public sealed class LabException(string message, bool isInput = false) : Exception(message)
{
    /// <summary>Whether what was said is wrong (a name, a value, a file), and not what became of it.</summary>
    public bool IsInput { get; } = isInput;
}
