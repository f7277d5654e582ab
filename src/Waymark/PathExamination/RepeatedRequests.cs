namespace Waymark.PathExamination;

/// <summary>
/// Whether an answer that came after its request had been sent again came late or was sent again too, because the first one was lost: it does not say which (Karn, RFC 6298 section 3). A target that
/// answered a first request lately is not that slow; one that did not for several times in a row has become so, and to call that loss would call a slow path dead. Safe for several threads at once.
/// </summary>
public sealed class RepeatedRequests
{
    /// <summary>With one answer of five lost, so many in a row are 1 case in 3000 by chance.</summary>
    private const int Believed = 5;

    /// <summary>Of a target that is not known yet the first is believed.</summary>
    private int inARow = Believed - 1;

    /// <summary>Takes an answer in; true where it stands for a loss.</summary>
    /// <param name="isRepeated">Whether the request had been sent again before it came; false also where that one was answered at once.</param>
    public bool Add(bool isRepeated)
    {
        if (!isRepeated)
        {
            Interlocked.Exchange(ref inARow, 0);
            return false;
        }
        return Interlocked.Increment(ref inARow) < Believed;
    }
}
