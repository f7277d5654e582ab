namespace Waymark.Tests;

/// <summary>Where the repository lies: <c>WAYMARK_ROOT</c>, else the folder above the test program that holds the solution.</summary>
internal static class Repository
{
    public static string Root { get; } = Environment.GetEnvironmentVariable("WAYMARK_ROOT") ?? Above(AppContext.BaseDirectory);

    public static string Sample(string name) => System.IO.File.ReadAllText(System.IO.Path.Combine(Root, "samples", name));

    private static string Above(string folder) =>
        System.IO.File.Exists(System.IO.Path.Combine(folder, "Waymark.slnx")) ? folder
        : Above(System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not lie in the repository; set WAYMARK_ROOT."));
}
