using System.Text;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Fuzzing.Targets;

/// <summary>What another program says of a path (<c>waymark characteristic set</c>): what is read can be sent.</summary>
internal static class SettingText
{
    public static FuzzTarget Target { get; } = new("setting-text", Seeds.Of("lte.rsrp -97", "signal 20 %", "bandwidth 20 Mbit/s for 30 s", "medium wifi", "metered yes", "rtt.p95 15 ms", "quota 4 GB"), Take)
    {
        Words = ["for ", "yes", "no", "-", " ms", " %", " Mbit/s", " /GB", " GB", "99999999999999999999", "0x", ".", "cost ", "mtu ", "delay ", "encrypted ", "d", "h"],
    };

    private static bool Take(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var setting = PolicyLanguage.ParseSetting(text, "fuzz", out var diagnostics);
        Diagnostics.Check(diagnostics, text, setting is null);
        if (setting is not var (said, _))
        {
            return Diagnostics.AreOfKinds(diagnostics, 2);
        }
        var sent = CharacteristicTranslation.ToCore([CharacteristicTranslation.ToWire(said)], out _);
        Expect.That(sent is { Count: 1 } && sent.Value[0] == said, "what can be said can be sent");
        return false;
    }
}
