using System.IO;
using Waymark.Cli;

namespace Waymark.Tests.Cli;

public sealed class WholeFileTests : IDisposable
{
    private const UnixFileMode Odd = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly string root = Directory.CreateTempSubdirectory("waymark-files-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void What_is_replaced_keeps_its_rights_and_its_link_and_nothing_beside_it_is_touched()
    {
        string file = In("a.way"), link = In("b.way");
        File.WriteAllText(file, "before");
        File.SetUnixFileMode(file, Odd);
        File.CreateSymbolicLink(link, file);
        File.WriteAllText(file + ".new", "somebody's");
        WholeFile.Replace(link, "after: größer");
        Assert.Equal(("after: größer", Odd, file), (File.ReadAllText(file), File.GetUnixFileMode(file), File.ResolveLinkTarget(link, true)!.FullName));
        Assert.Equal("somebody's", File.ReadAllText(file + ".new"));
        Assert.Equal(3, Directory.GetFileSystemEntries(root).Length);
    }

    [Fact]
    public void What_is_there_is_not_created_again()
    {
        File.WriteAllText(In("a"), "before");
        Assert.ThrowsAny<IOException>(() => WholeFile.Create(In("a"), "after", WholeFile.Public));
        Assert.Equal("before", File.ReadAllText(In("a")));
        Assert.Single(Directory.GetFileSystemEntries(root));
    }

    private string In(string name) => System.IO.Path.Combine(root, name);
}
