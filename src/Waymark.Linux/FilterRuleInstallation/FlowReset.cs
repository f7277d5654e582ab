using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.Linux.SocketDiagnosis;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// Ends established flows that may not go on, after the rules that forbid them are in force, and only those: had they been ended before, whoever reconnects fast would
/// land on the old path. A TCP connection that talks is reset by its own next packet; here an idle one's socket is closed. Other flows are forgotten, so that their
/// next datagram is decided anew: as long as tracking knows them they keep their pin, and address translation is decided once.
/// </summary>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="pass">Called after the first of the flows of a change: whether one more is left or a thousand is the same to those who come after.</param>
internal sealed class FlowReset(Territory territory, Action pass) : IDisposable
{
    private const byte Tcp = 6;

    /// <summary>More marks than this are not asked for one by one: for each question the kernel looks through its whole table.</summary>
    private const int FewMarks = 1;

    private readonly ConnectionTracking tracking = new();
    private readonly SocketDestruction sockets = new();
    private (NftablesTable? Table, Prohibitions Forbids) swept = (null, new([]));

    /// <summary>What the change from one table to another forbids: classes newly denied a path, pins newly dead.</summary>
    public int AfterSwitch(NftablesTable? before, NftablesTable after) => End(new(Forbidden(after).Except(before is null ? [] : Forbidden(before))), pass);

    /// <summary>
    /// All that the table forbids: also flows that have been classified anew since by a packet of theirs. Cheap where nothing is forbidden.
    /// </summary>
    public int Sweep(NftablesTable table)
    {
        // Flows are looked at many times behind a change, and what ten thousand classes forbid takes longer to find than the flows.
        if (!ReferenceEquals(swept.Table, table))
        {
            swept = (table, new(Forbidden(table)));
        }
        return End(swept.Forbids, afterFirst: null);
    }

    /// <summary>Forgets the datagram flows of a lost path: their next packet is decided anew, and goes to the backup. Connections are reset by their own next packet.</summary>
    public void Forget(int path)
    {
        foreach (var entry in tracking.Entries(territory.CtPath(path), territory.CtPathMask).Where(entry => entry.Protocol != Tcp))
        {
            tracking.Forget(entry);
        }
    }

    /// <summary>Takes our bits from every connection, when our table is new or has gone: a number in an old mark would mean another path now.</summary>
    public void ClearMarks()
    {
        foreach (var entry in tracking.Entries(0, 0).Where(entry => (entry.Mark & territory.CtMark) != 0))
        {
            tracking.ClearMark(entry, territory.CtMark);
        }
    }

    /// <summary>Takes the generation from connections that still bear one, so that it can be used again: else an idle one would pass for classified.</summary>
    public void ClearGeneration(int generation)
    {
        var isFirst = true;
        foreach (var entry in tracking.Entries(territory.CtGeneration(generation), territory.CtGenerationMask))
        {
            tracking.ClearMark(entry, territory.CtGenerationMask);
            if (isFirst)
            {
                isFirst = false;
                pass();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tracking.Dispose();
        sockets.Dispose();
    }

    private int End(Prohibitions forbidden, Action? afterFirst)
    {
        if (forbidden.All.Count == 0)
        {
            return 0;
        }
        var entries = forbidden.All.Count <= FewMarks
            ? forbidden.All.SelectMany(one => tracking.Entries(one.Value, one.Mask).Where(entry => one.Family is null || one.Family == entry.Family))
            : tracking.Entries(0, 0).Where(forbidden.Hold);
        var ended = 0;
        foreach (var entry in entries.DistinctBy(entry => entry.Tuple))
        {
            if (End(entry) && ++ended == 1)
            {
                afterFirst?.Invoke();
            }
        }
        return ended;
    }

    private bool End(ConnectionEntry entry)
    {
        if (entry.Protocol == Tcp)
        {
            // The socket is at the first packet's source, or, of a connection that came in, at the reply's: there the translation of addresses is behind it.
            return sockets.Close(entry.Original) || sockets.Close(entry.Reply);
        }
        tracking.Forget(entry);
        return true;
    }

    private IEnumerable<Prohibition> Forbidden(NftablesTable table)
    {
        foreach (var set in table.Sets.AsSpan().ToArray())
        {
            (uint Mask, IpFamily Family)? kind = set.Name switch
            {
                "denied4" => (territory.CtClassMask | territory.CtPathMask, IpFamily.V4),
                "denied6" => (territory.CtClassMask | territory.CtPathMask, IpFamily.V6),
                _ => null,
            };
            if (kind is not { } known)
            {
                continue;
            }
            foreach (var element in set.Elements.Where(element => element.Verdict?.Chain == PathChains.Dead))
            {
                yield return new(BinaryPrimitives.ReadUInt32LittleEndian(element.Key.AsSpan()), known.Mask, known.Family);
            }
        }
        // A pin without an element is dead.
        var pins = table.Sets.AsSpan().ToArray().FirstOrDefault(set => set.Name == PathChains.Pins)?.Elements.Select(element => element.Key).ToHashSet() ?? [];
        for (var number = 1; number <= InstallerMemory.Of(table).Paths.Paths.Count; number++)
        {
            if (!pins.Contains(OddMatches.Host(territory.CtPath(number))))
            {
                yield return new(territory.CtPath(number), territory.CtPathMask, null);
            }
        }
    }

    /// <summary>Connections of a family (null: both) whose mark has this value may not go on.</summary>
    private readonly record struct Prohibition(uint Value, uint Mask, IpFamily? Family);

    /// <summary>Prohibitions, by the marks that they are of.</summary>
    private sealed class Prohibitions
    {
        private readonly List<(uint Mask, ILookup<uint, Prohibition> Marks)> byMask;

        public Prohibitions(IEnumerable<Prohibition> all)
        {
            All = [.. all];
            byMask = [.. All.GroupBy(one => one.Mask).Select(group => (group.Key, group.ToLookup(one => one.Value)))];
        }

        public IReadOnlyList<Prohibition> All { get; }

        /// <summary>Whether one of them is of that connection.</summary>
        public bool Hold(ConnectionEntry entry) =>
            byMask.Any(one => one.Marks[entry.Mark & one.Mask].Any(prohibition => prohibition.Family is null || prohibition.Family == entry.Family));
    }
}
