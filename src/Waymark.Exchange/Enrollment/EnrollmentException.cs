namespace Waymark.Exchange.Enrollment;

/// <summary>An enrollment came to nothing: says why, for people.</summary>
/// <param name="message">Why.</param>
public sealed class EnrollmentException(string message) : Exception(message);
