namespace Waymark.Fuzzing.Targets;

/// <summary>Everything that reads bytes from outside.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        PolicyText.Target, NodeText.Target, SettingText.Target, PolicyDecision.Target, PolicyMessage.Target, PolicyJson.Target,
        StampPackets.Target, BfdPackets.Target, NameAnswers.Target, KernelMessages.Target, Certificates.Target, PeerMessage.Target,
        EnrollmentRequests.Target, EnrollmentAnswers.Target,
    ];

    public static FuzzTarget Of(string name) => All.FirstOrDefault(target => target.Name == name)
        ?? throw new ArgumentException($"there is no target '{name}': {string.Join(", ", All.Select(target => target.Name))}");
}
