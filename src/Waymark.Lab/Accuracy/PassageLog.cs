using Waymark.Lab.Links;

namespace Waymark.Lab.Accuracy;

/// <summary>Keeps what a link does to each probe. The truth that estimates are held against: not what the link was told to do, but what it did to these very packets. Safe for several threads at once.</summary>
internal sealed class PassageLog
{
    private readonly Dictionary<(Asker Asker, ulong Number), LoggedProbe> probes = [];
    private readonly List<LoggedProbe> finished = [];
    private readonly Lock gate = new();

    /// <summary>Keeps those of the link from now on.</summary>
    public PassageLog(EmulatedLink link) => link.Passages = Take;

    /// <summary>Those of an asker, in the order in which the link had them.</summary>
    public List<LoggedProbe> Of(Asker asker)
    {
        lock (gate)
        {
            return [.. probes.Where(one => one.Key.Asker == asker).Select(one => one.Value).Concat(asker == Asker.Dns ? finished : []).OrderBy(one => one.Arrived)];
        }
    }

    internal void Take(ReadOnlySpan<byte> frame, FramePassage passage)
    {
        if (ProbeFrame.Of(frame) is not { } probe || probe.IsReply == passage.IsUp)
        {
            return;
        }
        lock (gate)
        {
            var key = (probe.Asker, probe.Number);
            var isKnown = probes.TryGetValue(key, out var asked);
            if (probe.IsPage)
            {
                if (isKnown)
                {
                    probes[key] = asked! with { PageLeft = asked.PageLeft ?? passage.Left };
                }
            }
            else if (!probe.IsReply)
            {
                if (isKnown && probe.Asker == Asker.Dns)
                {
                    // Nobody sends questions again: their identifiers are random, and this is another one's.
                    finished.Add(asked!);
                    isKnown = false;
                }
                probes[key] = isKnown ? asked! with { IsRepeated = asked.IsRepeated || asked.Left is null } : new(probe.Number, passage.Arrived, passage.Left) { HasPage = probe.Asker == Asker.Http };
            }
            else if (isKnown && asked!.Left is null)
            {
                probes[key] = asked.Returned is null && !asked.IsRepeated ? asked with { Returned = passage.Arrived, Left = passage.Left } : asked with { Told = asked.Told ?? passage.Left };
            }
        }
    }
}
