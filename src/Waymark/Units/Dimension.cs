namespace Waymark.Units;

/// <summary>What a quantity measures, with the unit in which its value is held.</summary>
public enum Dimension
{
    /// <summary>A bare number (MOS, a value that another program provides).</summary>
    Number,

    /// <summary>Time, in seconds.</summary>
    Duration,

    /// <summary>Bandwidth, in bit/s (RFC 5136).</summary>
    BitRate,

    /// <summary>A share of a whole: 1 is all of it; written in per cent.</summary>
    Ratio,

    /// <summary>Money per 10^9 bytes, in the node's currency.</summary>
    Price,

    /// <summary>Data, in bytes.</summary>
    Volume,

    /// <summary>Radio signal strength, in dBm.</summary>
    Signal,
}
