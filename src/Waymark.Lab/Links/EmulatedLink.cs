namespace Waymark.Lab.Links;

/// <summary>A link between two nodes: two directions, each with its own shape. Up is from the first node to the second.</summary>
public sealed class EmulatedLink
{
    private readonly Action wake;

    internal EmulatedLink(string name, FrameSocket a, FrameSocket b, int seed, long ticksPerSecond, FramePool pool, Action wake)
    {
        (Name, A, B, this.wake) = (name, a, b, wake);
        (UpDirection, DownDirection) = (new(seed, ticksPerSecond, pool), new(seed + 1, ticksPerSecond, pool));
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Sees every frame that is delivered, with its direction; called by the relay, must be quick. Null: nobody looks.</summary>
    public FrameObserver? Observer { get; set; }

    /// <summary>
    /// Is told of every frame what became of it: when it came and when it left, or that it was dropped; not of those in flight while the link is cut. Called by the relay, must be quick. Null:
    /// nobody is told.
    /// </summary>
    public PassageObserver? Passages { get; set; }

    /// <summary>What it does from the first node to the second.</summary>
    public LinkShape Up
    {
        get => UpDirection.Shape;
        set => UpDirection.Shape = value;
    }

    /// <summary>What it does from the second node to the first.</summary>
    public LinkShape Down
    {
        get => DownDirection.Shape;
        set => DownDirection.Shape = value;
    }

    /// <summary>Delay on top of both ways' shapes, for a degradation beside a trace that is being replayed.</summary>
    public TimeSpan Detour
    {
        get => UpDirection.Detour;
        set => (UpDirection.Detour, DownDirection.Detour) = (value, value);
    }

    /// <summary>Whether it swallows everything, carrier or not.</summary>
    public bool IsCut
    {
        get => UpDirection.IsCut;
        internal set
        {
            (UpDirection.IsCut, DownDirection.IsCut) = (value, value);
            wake();
        }
    }

    /// <summary>What became of the packets, each way.</summary>
    public LinkCounters Counters => new(UpDirection.Counters, DownDirection.Counters);

    internal FrameSocket A { get; }

    internal FrameSocket B { get; }

    internal LinkDirection UpDirection { get; }

    internal LinkDirection DownDirection { get; }
}
