namespace Waymark.Lab;

/// <summary>The lab cannot do what was asked for; the message says why and what would help.</summary>
/// <param name="message">One sentence.</param>
public sealed class LabException(string message) : Exception(message);
