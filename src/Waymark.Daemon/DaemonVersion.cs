namespace Waymark.Daemon;

/// <summary>Which version this is.</summary>
internal static class DaemonVersion
{
    public static string Text { get; } = typeof(DaemonVersion).Assembly.GetName().Version?.ToString(3) ?? "0";
}
