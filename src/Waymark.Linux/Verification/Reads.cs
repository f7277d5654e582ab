namespace Waymark.Linux.Verification;

/// <summary>What rules have asked of that is no part of the packet: where none of it differs, they do the same again.</summary>
internal sealed class Reads
{
    /// <summary>The bits of the packet's mark.</summary>
    public uint Mark { get; private set; }

    /// <summary>The bits of the connection's mark.</summary>
    public uint ConnectionMark { get; private set; }

    /// <summary>The facts of the situation.</summary>
    public SituationFacts Facts { get; private set; }

    /// <summary>Adds bits of a mark, as far as they are still those that came.</summary>
    public void Add(MarkOrigin mark, uint bits, MachineState state)
    {
        if (mark == MarkOrigin.Packet)
        {
            Mark |= bits & ~state.Touched;
        }
        else
        {
            ConnectionMark |= bits & ~state.ConnectionTouched;
        }
    }

    /// <summary>Adds facts.</summary>
    public void Add(SituationFacts facts) => Facts |= facts;

    /// <summary>Adds what rules have asked of that were called in a state.</summary>
    public void Add(Reads others, MachineState state)
    {
        Add(MarkOrigin.Packet, others.Mark, state);
        Add(MarkOrigin.Connection, others.ConnectionMark, state);
        Facts |= others.Facts;
    }
}

/// <summary>What rules can ask of a situation.</summary>
[Flags]
internal enum SituationFacts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="Situation.InputDevice"/>.</summary>
    InputDevice = 1,

    /// <summary><see cref="Situation.OutputDevice"/>.</summary>
    OutputDevice = 2,

    /// <summary><see cref="Situation.HasConnection"/>.</summary>
    HasConnection = 4,

    /// <summary><see cref="Situation.IsConfirmed"/>.</summary>
    IsConfirmed = 8,

    /// <summary><see cref="Situation.IsReply"/>.</summary>
    IsReply = 16,

    /// <summary><see cref="Situation.KnownAs"/>.</summary>
    KnownAs = 32,

    /// <summary><see cref="Situation.DestinationType"/>.</summary>
    DestinationType = 64,

    /// <summary><see cref="Situation.IsForWildcard"/>.</summary>
    IsForWildcard = 128,
}
