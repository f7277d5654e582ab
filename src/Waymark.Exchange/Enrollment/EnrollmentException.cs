namespace Waymark.Exchange.Enrollment;

/// <summary>An enrollment came to nothing: says why, for people.</summary>
public sealed class EnrollmentException : Exception
{
    /// <summary>With the code as good as before.</summary>
    /// <param name="message">Why.</param>
    public EnrollmentException(string message)
        : base(message)
    {
    }

    private EnrollmentException(string message, bool mayBeUsedUp)
        : base(message) => MayBeUsedUp = mayBeUsedUp;

    /// <summary>Whether the authority may have certified the key, so that the code counts no more.</summary>
    public bool MayBeUsedUp { get; }

    /// <summary>After the request was sent and before its answer was taken in: the authority may have done its part.</summary>
    /// <param name="message">Why.</param>
    public static EnrollmentException AfterAsking(string message) => new($"{message}; the code may be used up: try it once more, and ask for another ('waymark pki invite') if it is not taken", mayBeUsedUp: true);
}
