namespace Waymark.Lab.Links;

/// <summary>What an emulated link does to packets, each way.</summary>
/// <param name="Up">From the first node to the second.</param>
/// <param name="Down">From the second to the first.</param>
public sealed record LinkWays(LinkShape Up, LinkShape Down)
{
    /// <summary>The same both ways.</summary>
    public LinkWays(LinkShape both)
        : this(both, both)
    {
    }

    /// <summary>In words, once where both ways are the same.</summary>
    public override string ToString() => Up == Down ? Up.ToString() : $"up {Up}, down {Down}";
}
