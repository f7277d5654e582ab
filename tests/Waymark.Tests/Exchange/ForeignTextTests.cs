using Waymark.Exchange;

namespace Waymark.Tests.Exchange;

public sealed class ForeignTextTests
{
    [Theory]
    [InlineData("voice.way", "voice.way")]
    [InlineData("Stimme für Ümit 語", "Stimme für Ümit 語")]
    [InlineData("a\nroot applied b", "a\\u{a}root applied b")]
    [InlineData("a\r\u001b[2J", "a\\u{d}\\u{1b}[2J")]
    [InlineData("a\u2028b\u2029c\u0085d", "a\\u{2028}b\\u{2029}c\\u{85}d")]
    [InlineData("\u202eyaw.toor\u200b", "\\u{202e}yaw.toor\\u{200b}")]
    public void Nothing_ends_the_line_or_turns_it(string text, string shown)
    {
        Assert.Equal(shown, ForeignText.Show(text));
        Assert.Equal(shown == text, ForeignText.IsPlain(text));
        Assert.True(ForeignText.IsPlain(shown));
    }

    [Fact]
    public void What_is_long_is_cut() => Assert.Equal(new string('x', 5) + "...", ForeignText.Show(new('x', 6), 5));
}
