namespace Waymark.PathDecision;

/// <summary>
/// Modules C and D as one pure function (paper 5.2): elects the policies whose conditions hold, finds the paths that satisfy each and the one that it likes best,
/// and yields filter rules, or the reason why not. No I/O, no clock, no randomness.
/// </summary>
public static class PathResolution
{
    /// <summary>Decides, all of it. Never throws for anything that requesters or paths can bring about.</summary>
    public static Decision Decide(World world) => DecisionState.Start(world).Decision;
}
