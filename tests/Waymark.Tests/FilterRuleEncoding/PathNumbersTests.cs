using Waymark.Linux.FilterRuleEncoding;
using Waymark.Paths;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>Numbers outlive their paths, for connections carry them.</summary>
public sealed class PathNumbersTests
{
    private static readonly PathId A = new("ip", "a"), B = new("ip", "b"), C = new("ip", "c"), D = new("ip", "d");

    [Fact]
    public void A_path_keeps_its_number_while_others_come_and_go()
    {
        var numbers = PathNumbers.Empty.With([A, B], 62).With([B, C], 62);
        Assert.Equal((1, 2, 3), (numbers.Of(A), numbers.Of(B), numbers.Of(C)));
        Assert.Equal([1], numbers.Gone.AsSpan().ToArray());
        Assert.Equal((1, 2, 3), (numbers.With([A, C], 62).Of(A), numbers.With([A, C], 62).Of(B), numbers.With([A, C], 62).Of(C)));
    }

    [Fact]
    public void The_longest_gone_number_is_given_away_only_when_no_other_is_free()
    {
        var numbers = PathNumbers.Empty.With([A, B, C], 3).With([A, C], 3).With([C], 3).With([C, D], 3);
        Assert.Equal((1, 2, 3), (numbers.Of(A), numbers.Of(D), numbers.Of(C)));
        Assert.Equal(0, numbers.Of(B));
    }

    [Fact]
    public void A_path_too_many_gets_no_number()
    {
        var numbers = PathNumbers.Empty.With([A, B, C], 2);
        Assert.Equal(0, numbers.Of(C));
    }
}
