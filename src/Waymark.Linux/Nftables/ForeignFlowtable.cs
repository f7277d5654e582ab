using Waymark.Linux.Netlink;

namespace Waymark.Linux.Nftables;

/// <summary>
/// A flowtable of another program: forwarded connections that it is given pass from device to device by a shortcut,
/// before any rule sees their packets.
/// </summary>
/// <param name="Family">Of its table, in nft's word.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Its name.</param>
/// <param name="Devices">On which devices it listens, in ordinal order.</param>
internal sealed record ForeignFlowtable(string Family, string Table, string Name, EquatableArray<string> Devices)
{
    /// <summary>The flowtable of a message (NFTA_FLOWTABLE_*).</summary>
    /// <param name="family">NFPROTO_* of the message.</param>
    /// <param name="attributes">What follows its header.</param>
    public static ForeignFlowtable Read(byte family, NetlinkAttributes attributes)
    {
        string table = "", name = "";
        var devices = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case 1:
                    table = attribute.Text;
                    break;
                case 2:
                    name = attribute.Text;
                    break;
                case 3:
                    foreach (var hook in attribute.Nested)
                    {
                        if (hook.Type == 3)
                        {
                            foreach (var device in hook.Nested)
                            {
                                devices.Add(device.Text);
                            }
                        }
                    }
                    break;
            }
        }
        return new(ForeignMarkRule.FamilyWord(family), table, name, devices.ToEquatableArray());
    }
}
