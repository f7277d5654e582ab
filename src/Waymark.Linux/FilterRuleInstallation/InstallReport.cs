namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>What applying a rule set did.</summary>
/// <param name="IsChanged">Whether anything in the kernel had to change.</param>
/// <param name="Problems">What the kernel refused and is left out, a sentence each: a route whose link is down, most often. Nothing leaks for it.</param>
/// <param name="Reset">How many established flows were told to begin anew: forgotten by connection tracking, or their local socket closed.</param>
public sealed record InstallReport(bool IsChanged, EquatableArray<string> Problems, int Reset);
