using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Nftables;

namespace Waymark.Tests.FilterRuleInstallation;

/// <summary>A table of our name may be anybody's: what stands in its comments must keep neither the daemon from starting nor <c>erase</c> from erasing.</summary>
public sealed class ForeignCommentTests
{
    [Theory]
    [InlineData("")]
    [InlineData("x y")]
    [InlineData("-1 y")]
    [InlineData("99999999999 y")]
    [InlineData("1 2 3")]
    public void What_is_no_number_is_no_memory(string rest)
    {
        NftablesChain Chain(string name, string comment) => new(name, null, [new([new NftablesExpression.Give(NftablesVerdict.Return)]) { Comment = comment }]);
        var table = new NftablesTable("waymark", [Chain("decide_local", SteeringChains.GenerationComment + rest), Chain("remembered", "rp_filter " + string.Join(' ', rest.Split(' ').Reverse()))], []);
        Assert.Equal(0, InstallerMemory.Of(table).Generation);
        Assert.Empty(RememberedReversePath.Of(table));
    }
}
