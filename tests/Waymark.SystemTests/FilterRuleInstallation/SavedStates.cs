using System.Text;
using Waymark.Linux.Verification;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What the distribution's nft and ip print of a node's kernel, as somebody would save it.</summary>
internal static class SavedStates
{
    /// <summary>All of it.</summary>
    /// <param name="world">Whose node.</param>
    /// <param name="form"><c>-j</c> for the ruleset as JSON; else empty.</param>
    public static SavedKernel Of(World world, string form) => new(
        File("ruleset", Ruleset(world, form)),
        File("routing4", Routing(world, "-4")),
        File("routing6", Routing(world, "-6")));

    /// <summary>The ruleset.</summary>
    public static string Ruleset(World world, string form) => World.In(world.NodeName, "nft", [.. form.Length > 0 ? [form] : Array.Empty<string>(), "list", "ruleset"]);

    private static string Routing(World world, string family) =>
        World.In(world.NodeName, "ip", family, "-N", "-j", "rule") + World.In(world.NodeName, "ip", family, "-N", "-j", "route", "show", "table", "all") + World.In(world.NodeName, "ip", family, "-N", "-j", "address");

    private static SavedFile File(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));
}
