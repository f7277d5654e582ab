using Waymark.Cli.Commands;
using Waymark.Cli.Display;

namespace Waymark.Tests.Cli.Commands;

public sealed class QuotaCommandsTests
{
    [Theory]
    [InlineData("12 GB", 12_000_000_000UL)]
    [InlineData("12GB", 12_000_000_000UL)]
    [InlineData("1.5 MiB", 1_572_864UL)]
    [InlineData("0", 0UL)]
    [InlineData("9223372036854775807", 9_223_372_036_854_775_807UL)]
    [InlineData("9223372036854775808", null)]
    [InlineData("99999999999 TB", null)]
    [InlineData("12 ms", null)]
    [InlineData("12 XB", null)]
    [InlineData("-1 GB", null)]
    [InlineData("GB", null)]
    [InlineData("", null)]
    public void An_amount_is_a_number_and_a_unit_of_data(string text, object? bytes) => Assert.Equal(bytes, QuotaCommands.BytesOf(text));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(12_345_678, "12.346 MB")]
    [InlineData(20_000_000_000, "20 GB")]
    public void Amounts_are_shown_in_a_unit_that_reads_well(ulong bytes, string text) => Assert.Equal(text, QuotaTable.Volume(bytes));
}
