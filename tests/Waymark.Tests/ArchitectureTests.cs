using System.Reflection;

namespace Waymark.Tests;

public sealed class ArchitectureTests
{
    [Fact]
    public void The_core_references_nothing_but_the_framework()
    {
        var references = Assembly.Load("Waymark").GetReferencedAssemblies().Select(a => a.Name!);
        Assert.All(references, name => Assert.StartsWith("System", name, StringComparison.Ordinal));
    }
}
