using System.IO;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Waymark.Tests;

/// <summary>The file tree is the architecture diagram; these keep it one.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>What each project may reference of ours: nothing else.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Waymark"] = [],
        ["Waymark.Linux"] = ["Waymark"],
        ["Waymark.Exchange"] = ["Waymark"],
        ["Waymark.Lab"] = ["Waymark", "Waymark.Linux"],
        ["Waymark.Daemon"] = ["Waymark", "Waymark.Linux", "Waymark.Exchange"],
        ["Waymark.Cli"] = ["Waymark", "Waymark.Linux", "Waymark.Exchange", "Waymark.Lab"],
    };

    private static readonly string Root = Environment.GetEnvironmentVariable("WAYMARK_ROOT") ?? FindRoot();

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_its_wall_allows(string project)
    {
        var ours = Assembly.Load(project).GetReferencedAssemblies().Select(a => a.Name!).Where(Allowed.ContainsKey);
        Assert.Empty(ours.Except(Allowed[project]));
    }

    [Fact]
    public void The_core_references_nothing_but_the_framework_and_does_no_input_or_output()
    {
        var references = Assembly.Load("Waymark").GetReferencedAssemblies().Select(a => a.Name!).ToArray();
        Assert.All(references, name => Assert.StartsWith("System", name, StringComparison.Ordinal));
        string[] forbidden = ["System.Net.Sockets", "System.Diagnostics.Process", "System.IO.FileSystem", "System.Net.Http", "System.Threading.Thread", "System.Console"];
        Assert.Empty(references.Intersect(forbidden));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_type_has_a_name_that_says_nothing(string project)
    {
        var vague = Types(project).Where(type => !IsGenerated(type) && Vague().IsMatch(type.Name)).Select(type => type.FullName);
        Assert.Empty(vague);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_type_bears_the_name_of_one_of_our_namespaces(string project)
    {
        var segments = Allowed.Keys.SelectMany(Types).Select(type => type.Namespace!).Distinct().SelectMany(name => name.Split('.')).ToHashSet();
        // A nested type is always written behind its outer one's name.
        Assert.Empty(Types(project).Where(type => !type.IsNested && segments.Contains(type.Name)).Select(type => type.FullName));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Classes_are_sealed_or_meant_to_be_derived_from(string project)
    {
        var open = Types(project).Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !IsGenerated(type)).Select(type => type.FullName);
        Assert.Empty(open);
    }

    [Fact]
    public void Nothing_is_left_open_in_the_sources()
    {
        var open = Sources().SelectMany(file => File.ReadLines(file).Where(line => Open().IsMatch(line)).Select(line => $"{file}: {line.Trim()}"));
        Assert.Empty(open);
    }

    [Fact]
    public void Only_the_kernel_project_and_the_lab_call_native_code()
    {
        var callers = Sources().Where(file => File.ReadAllText(file).Contains("LibraryImport(", StringComparison.Ordinal))
            .Select(file => System.IO.Path.GetRelativePath(System.IO.Path.Combine(Root, "src"), file).Split('/')[0]).Distinct();
        Assert.Empty(callers.Except(["Waymark.Linux", "Waymark.Lab"]));
    }

    private static IEnumerable<string> Sources() =>
        Directory.EnumerateFiles(System.IO.Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<Type> Types(string project) =>
        Assembly.Load(project).GetTypes().Where(type => type.Namespace?.StartsWith("Waymark", StringComparison.Ordinal) == true && !type.Name.Contains('<', StringComparison.Ordinal));

    private static bool IsGenerated(Type type) =>
        type.GetCustomAttributes().Any(a => a.GetType().Name == "GeneratedCodeAttribute") || typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(type)
        || type.Namespace!.EndsWith(".V1", StringComparison.Ordinal);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Waymark.slnx")))
        {
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not lie in a checkout of the project.");
        }
        return folder;
    }

    [GeneratedRegex("(Manager|Helper|Util|Utils|Common|Base|Info|Data|Wrapper|Impl)$")]
    private static partial Regex Vague();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Open();
}
