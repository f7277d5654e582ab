using System.IO;
using Waymark.Daemon.Store;
using Waymark.Exchange.Wire;

namespace Waymark.Tests.Daemon;

public sealed class StateStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("waymark-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_can_be_undone_is_bounded_by_number_and_by_bytes_but_the_last_change_always_can()
    {
        var (small, large) = (BookRun.Set("udp drop;"), BookRun.Set(string.Concat(Enumerable.Range(1, 200).Select(port => $"tcp port {port} drop;\n"))));
        Assert.InRange(PolicySetTranslation.ToWire(large, withPlaces: true).CalculateSize(), 5_000, 50_000);
        using var store = new StateStore(folder, keptBytes: 5_000);
        for (var i = 0; i < 60; i++)
        {
            store.Change("many", $"{i}", small, new("many"), Now);
        }
        Assert.Equal(50, Undone("many"));
        store.Change("bulky", "a", large, new("bulky"), Now);
        store.Change("bulky", "a", small, new("bulky"), Now);
        // To take this back takes the small one; behind it stands the large one, which is too much.
        store.Change("bulky", "a", large, new("bulky"), Now);
        store.Change("other", "a", small, new("other"), Now);
        Assert.Equal(1, Undone("bulky"));
        store.Change("bulky", "a", large, new("bulky"), Now);
        store.Change("bulky", "a", small, new("bulky"), Now);
        Assert.Equal(1, Undone("bulky"));
        Assert.Equal(1, Undone("other"));

        int Undone(string requester) => Enumerable.Range(0, 100).TakeWhile(_ => store.Undo(requester, new(requester), Now) is not null).Count();
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_state_that_others_can_write_is_not_used(UnixFileMode others)
    {
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | others);
        Assert.Contains($"'chmod go-w {folder}'", Assert.Throws<StoreException>(() => new StateStore(folder)).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) & ~others);
        new StateStore(folder).Dispose();
        var file = Path.Combine(folder, StateStore.FileName);
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | others);
        Assert.Contains($"'chmod go-w {file}'", Assert.Throws<StoreException>(() => new StateStore(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Others_may_look()
    {
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        new StateStore(folder).Dispose();
    }
}
