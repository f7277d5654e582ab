namespace Waymark.Linux.PathExamination;

/// <summary>What was wrong with answers.</summary>
/// <param name="Text">The reason.</param>
/// <param name="At">When the first probe was sent that it was found by.</param>
internal sealed record AnswerFinding(string Text, DateTimeOffset At);
