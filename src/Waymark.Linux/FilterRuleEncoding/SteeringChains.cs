using Waymark.Flows;
using static Waymark.Linux.FilterRuleEncoding.Instructions;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>What every steered packet passes: decision where there is none of this generation, prohibitions, pin, else the path of its class.</summary>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="generation">The generation in force.</param>
/// <param name="digest">Of the classification, kept in a comment so that a restart can tell whether it is still the same.</param>
internal sealed class SteeringChains(Territory territory, int generation, string digest)
{
    /// <summary>What the comment of the rule that writes the generation starts with; the generation and the digest follow.</summary>
    public const string GenerationComment = "generation ";

    /// <summary>The chain for local packets that the system would send by a device that is no path's.</summary>
    public const string Stray = "stray";

    /// <summary>The chain for packets of a connection that was classified in this generation, and pinned.</summary>
    public const string Established = "established";

    /// <summary>The chain for packets of a side.</summary>
    public static string Steer(FlowSide side) => side == FlowSide.Local ? "steer_local" : "steer_forwarded";

    /// <summary>Adds the chains for packets of a side.</summary>
    public void AddTo(TableContent content, FlowSide side)
    {
        var decide = side == FlowSide.Local ? "decide_local" : "decide_forwarded";
        var current = territory.CtGeneration(generation);
        var isUndecided = CtMark(territory.CtGenerationMask, current, isEqual: false);
        var paths = new[] { Rule(Family(IpFamily.V4), CtMarkMap(territory.CtClassMask, "class_path4")), Rule(Family(IpFamily.V6), CtMarkMap(territory.CtClassMask, "class_path6")) };
        var denied = new[]
        {
            Rule(Family(IpFamily.V4), CtMarkMap(territory.CtClassMask | territory.CtPathMask, "denied4")),
            Rule(Family(IpFamily.V6), CtMarkMap(territory.CtClassMask | territory.CtPathMask, "denied6")),
        };
        content.Add(decide,
            Rule(Jump(side.ChainName())),
            Rule(SetCtMark(territory.CtGenerationMask, current)) with { Comment = $"{GenerationComment}{generation} {digest}" });
        content.Add(Steer(side),
        [
            Rule(WithoutConnection, Goto(side.ChainName())),
            Rule(isUndecided, Jump(decide)),
            .. denied,
            Rule(CtMarkMap(territory.CtPathMask, PathChains.Pins)),
            Rule(CtMark(territory.CtPathMask, 0, isEqual: false), Goto(PathChains.Dead)),
            .. paths,
            Rule(CtMark(territory.CtClassMask, 0), Return),
            // A class that the map does not know has come to its end: what it hid counts again. Or it has lost its path: then it is found again, and refused.
            Rule(Jump(decide)),
            .. paths,
            Rule(CtMark(territory.CtClassMask, 0, isEqual: false), Goto(PathChains.Dead)),
        ]);
        if (side == FlowSide.Local)
        {
            content.Add(Established,
            [
                .. denied,
                Rule(CtMarkMap(territory.CtPathMask, PathChains.Pins)),
                Rule(Goto(PathChains.Dead)),
            ]);
            content.Add("pin_by_device", Rule(OutputMap("in_path")));
            content.Add("bound",
            [
                Rule(WithoutConnection, Goto(side.ChainName())),
                Rule(CtMark(territory.CtPathMask, 0), Jump("pin_by_device")),
                Rule(isUndecided, Jump(decide)),
                .. denied,
            ]);
            // Marked for its path a strict packet is routed anew: connected networks and static routes of the system's come first there as well, its default route does not.
            content.Add(Stray,
                Rule(Instructions.Mark(territory.FwMark, 0, isEqual: false), Return),
                Rule(WithoutConnection, Goto(side.ChainName())),
                Rule(isUndecided, Jump(decide)),
                Rule(CtMarkIn(territory.CtClassMask, ClassBindings.StrictClasses), Goto(Steer(side))));
        }
    }
}
