using Waymark.Cli.Commands;

namespace Waymark.Tests.Cli;

public sealed class LabCommandsTests
{
    [Theory]
    [InlineData("lab exec van ip -o addr show", "lab exec van -- ip -o addr show")]
    [InlineData("lab exec van ls --help", "lab exec van -- ls --help")]
    [InlineData("--socket s lab exec van waymark get paths -o json", "--socket s lab exec van -- waymark get paths -o json")]
    [InlineData("lab exec van -- ls --help", "lab exec van -- ls --help")]
    [InlineData("lab exec -- van ls", "lab exec -- van ls")]
    [InlineData("lab exec --help", "lab exec --help")]
    [InlineData("lab exec van", "lab exec van")]
    [InlineData("lab exec", "lab exec")]
    [InlineData("lab link set wifi exec", "lab link set wifi exec")]
    [InlineData("get paths -o json", "get paths -o json")]
    public void Options_behind_a_node_are_those_of_the_program_that_is_run_there(string words, string expected) =>
        Assert.Equal(expected, string.Join(' ', LabCommands.WithOthersWordsApart(words.Split(' '))));
}
