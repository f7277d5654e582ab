namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>From whom the packets of a classification come.</summary>
internal enum FlowSide
{
    /// <summary>Programs of this node.</summary>
    Local,

    /// <summary>Hosts behind it.</summary>
    Forwarded,
}

/// <summary>Names of chains that more than one part of the encoding knows.</summary>
internal static class ClassNames
{
    /// <summary>The chain that writes the class into the connection's mark.</summary>
    public static string Setter(int @class) => $"c{@class}";

    /// <summary>The chain that classifies packets of that side.</summary>
    public static string ChainName(this FlowSide side) => side == FlowSide.Local ? "classify_local" : "classify_forwarded";

    /// <summary>The chain that searches packets of that side field by field.</summary>
    public static string SearchName(this FlowSide side) => side == FlowSide.Local ? "search_local" : "search_forwarded";
}
