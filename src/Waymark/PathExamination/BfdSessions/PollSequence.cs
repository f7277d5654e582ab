namespace Waymark.PathExamination.BfdSessions;

/// <summary>
/// Whether packets carry P until an F comes (RFC 5880 section 6.5). What changes before the first packet without P has gone out needs another sequence after it: else an
/// F of the first would pass for one of the second.
/// </summary>
internal sealed class PollSequence
{
    private bool isEnding;
    private bool isAnotherWanted;

    /// <summary>Whether packets carry P.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Parameters have changed.</summary>
    public void Begin()
    {
        isAnotherWanted = IsUnderWay || isEnding;
        IsUnderWay |= !isEnding;
    }

    /// <summary>An F came; true: all that has changed is confirmed by it.</summary>
    public bool End()
    {
        if (!IsUnderWay)
        {
            return false;
        }
        (IsUnderWay, isEnding) = (false, true);
        return !isAnotherWanted;
    }

    /// <summary>A packet at intervals went out.</summary>
    public void Sent()
    {
        if (isEnding)
        {
            (isEnding, IsUnderWay, isAnotherWanted) = (false, isAnotherWanted, false);
        }
    }
}
