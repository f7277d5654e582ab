using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using Waymark.Lab.Links;

namespace Waymark.Lab.Control;

/// <summary>What a lab is and does at a moment, for people and for programs; the form is in <c>docs/lab.md</c>.</summary>
/// <param name="lab">The lab.</param>
internal sealed class LabStatus(NetworkLab lab)
{
    public async Task<string> TextAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"nodes {string.Join(", ", lab.Nodes)}");
        foreach (var (name, link) in lab.Links)
        {
            var foreign = await lab.ForeignAsync(name, cancellationToken);
            text.Append(CultureInfo.InvariantCulture, $"\n{name}{(link.IsCut ? " (cut)" : "")}\n");
            var counters = link.Counters;
            text.Append(CultureInfo.InvariantCulture, $"  up    {link.Up}: {Say(counters.Up)}{(foreign is null ? "" : $", {foreign} foreign dropped")}\n");
            text.Append(CultureInfo.InvariantCulture, $"  down  {link.Down}: {Say(counters.Down)}");
        }
        return text.ToString();
    }

    public async Task<string> JsonAsync(CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream();
        await using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("nodes");
            foreach (var node in lab.Nodes)
            {
                json.WriteStringValue(node);
            }
            json.WriteEndArray();
            json.WriteStartArray("links");
            foreach (var (name, link) in lab.Links)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteBoolean("cut", link.IsCut);
                var foreign = await lab.ForeignAsync(name, cancellationToken);
                Write(json, "up", link.Up, link.Counters.Up, foreign);
                Write(json, "down", link.Down, link.Counters.Down, foreign: null);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Say(DirectionCounters counters) => string.Create(CultureInfo.InvariantCulture,
        $"{counters.Packets} packets passed, {counters.Lost} lost, {counters.Overflowed} too many for the queue, {counters.Swallowed} swallowed while cut");

    private static void Write(Utf8JsonWriter json, string direction, LinkShape shape, DirectionCounters counters, long? foreign)
    {
        json.WriteStartObject(direction);
        json.WriteNumber("delayMs", shape.Delay.TotalMilliseconds);
        json.WriteNumber("jitterMs", shape.Jitter.TotalMilliseconds);
        json.WriteNumber("loss", shape.Loss);
        json.WriteNumber("rateBps", shape.Rate);
        json.WriteNumber("queueMs", shape.Queue.TotalMilliseconds);
        json.WriteNumber("packets", counters.Packets);
        json.WriteNumber("bytes", counters.Bytes);
        json.WriteNumber("lost", counters.Lost);
        json.WriteNumber("overflowed", counters.Overflowed);
        json.WriteNumber("swallowed", counters.Swallowed);
        if (foreign is { } count)
        {
            json.WriteNumber("foreign", count);
        }
        json.WriteEndObject();
    }
}
