namespace Waymark.Linux.Netlink;

/// <summary>The kernel refused a request, or a netlink socket failed.</summary>
/// <param name="attempt">What was tried, as a phrase: <c>add route 0.0.0.0/0 to table 27100</c>.</param>
/// <param name="error">The error number (errno), positive.</param>
/// <param name="detail">The kernel's own text (extended acknowledgement), or null.</param>
public sealed class NetlinkException(string attempt, int error, string? detail = null)
    : Exception($"the kernel refused to {attempt}: {NativeMethods.Describe(error)}{(detail is null ? "" : $" ({detail})")}")
{
    /// <summary>EPERM.</summary>
    public const int NotPermitted = 1;

    /// <summary>ENOENT.</summary>
    public const int NoEntry = 2;

    /// <summary>ESRCH.</summary>
    public const int NoProcess = 3;

    /// <summary>EINTR: changes interrupted a dump.</summary>
    public const int Interrupted = 4;

    /// <summary>EBUSY.</summary>
    public const int Busy = 16;

    /// <summary>EEXIST.</summary>
    public const int Exists = 17;

    /// <summary>ENODEV.</summary>
    public const int NoDevice = 19;

    /// <summary>EINVAL.</summary>
    public const int Invalid = 22;

    /// <summary>EMSGSIZE.</summary>
    public const int TooLong = 90;

    /// <summary>ENETDOWN.</summary>
    public const int NetworkDown = 100;

    /// <summary>ENETUNREACH.</summary>
    public const int NetworkUnreachable = 101;

    /// <summary>ENOBUFS: messages were lost.</summary>
    public const int NoBuffers = 105;

    /// <summary>What was tried.</summary>
    public string Attempt { get; } = attempt;

    /// <summary>The error number (errno), positive.</summary>
    public int Error { get; } = error;

    /// <summary>The kernel's own text, or null.</summary>
    public string? Detail { get; } = detail;
}
