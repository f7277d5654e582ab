namespace Waymark.Linux.Netlink;

/// <summary>Flags of a netlink message (linux/netlink.h); some bits mean different things in requests of different kinds.</summary>
[Flags]
public enum NetlinkFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>A request.</summary>
    Request = 0x1,

    /// <summary>Part of an answer of several messages.</summary>
    Multi = 0x2,

    /// <summary>The kernel shall acknowledge.</summary>
    Ack = 0x4,

    /// <summary>The dump was interrupted by a change and has to be repeated.</summary>
    DumpInterrupted = 0x10,

    /// <summary>NEW: replace what is there.</summary>
    Replace = 0x100,

    /// <summary>NEW: fail where something is there.</summary>
    Exclusive = 0x200,

    /// <summary>NEW: create.</summary>
    Create = 0x400,

    /// <summary>NEW: behind what is there.</summary>
    Append = 0x800,

    /// <summary>GET: all.</summary>
    Dump = 0x300,

    /// <summary>Error: the offending message was cut off.</summary>
    Capped = 0x100,

    /// <summary>Error: text and offset follow.</summary>
    HasDetail = 0x200,
}
