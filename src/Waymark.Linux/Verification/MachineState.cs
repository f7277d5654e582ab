namespace Waymark.Linux.Verification;

/// <summary>What rules leave behind for the rules after them, the same for all packets of a region.</summary>
/// <param name="Mark">The packet's mark.</param>
/// <param name="ConnectionMark">That of its connection.</param>
/// <param name="Touched">The bits of the packet's mark that rules have written.</param>
/// <param name="ConnectionTouched">The bits of the connection's mark that rules have written.</param>
/// <param name="Known">The bits of the packet's mark that rules have compared as a whole before they wrote them: these they can put back.</param>
/// <param name="ConnectionKnown">The same of the connection's mark.</param>
/// <param name="Translation">The address that the connection's source or destination is translated to; null: none.</param>
/// <param name="Slots">How many slots of a spread's hash lead here; 0: no hash was asked.</param>
/// <param name="Modulus">Of how many.</param>
/// <param name="Hashed">What the hash was asked of; null: none was.</param>
internal readonly record struct MachineState(
    uint Mark, uint ConnectionMark, uint Touched = 0, uint ConnectionTouched = 0, uint Known = 0, uint ConnectionKnown = 0, Flows.IpAddress? Translation = null, int Slots = 0, uint Modulus = 0,
    string? Hashed = null)
{
    /// <summary>Whether a mark may be another than it was then.</summary>
    public bool IsWrittenSince(MachineState before) => (Mark, ConnectionMark, Touched, ConnectionTouched) != (before.Mark, before.ConnectionMark, before.Touched, before.ConnectionTouched);

    /// <summary>The bits of the packet's mark, beside our own, that may be others than they were.</summary>
    public uint ForeignBits(uint before, uint own) => (((Mark ^ before) & Known) | (Touched & ~Known)) & ~own;

    /// <summary>The same of the connection's mark.</summary>
    public uint ForeignConnectionBits(uint before, uint own) => (((ConnectionMark ^ before) & ConnectionKnown) | (ConnectionTouched & ~ConnectionKnown)) & ~own;
}

/// <summary>How a packet's way through a hook ended.</summary>
internal enum Ending
{
    /// <summary>It goes on.</summary>
    Passed,

    /// <summary>It was dropped or refused.</summary>
    Refused,
}
