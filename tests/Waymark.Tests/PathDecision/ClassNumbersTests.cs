using Waymark.PathDecision;

namespace Waymark.Tests.PathDecision;

public sealed class ClassNumbersTests
{
    [Fact]
    public void The_lowest_free_number_is_given_and_kept()
    {
        var numbers = new ClassNumbers([new("b", 2)], 3);

        Assert.Equal((1, 2, 3), (numbers.Of("a"), numbers.Of("b"), numbers.Of("c")));
        Assert.Equal([new("a", 1), new("b", 2), new("c", 3)], numbers.All);
    }

    [Fact]
    public void A_class_that_is_gone_loses_its_number_only_when_no_other_is_free()
    {
        var numbers = new ClassNumbers([new("a", 1), new("b", 2), new("c", 3)], 3);
        numbers.Reserve(["a"]);

        Assert.Equal(2, numbers.Of("d"));
        Assert.Equal(3, numbers.Of("c"));
        Assert.Null(numbers.Of("e"));
        Assert.Equal([new("a", 1), new("c", 3), new("d", 2)], numbers.All);
    }

    [Fact]
    public void Numbers_that_no_mark_can_carry_any_more_are_forgotten()
    {
        var numbers = new ClassNumbers([new("a", 1), new("b", 9)], 3);

        Assert.Equal((2, 1), (numbers.Of("b"), numbers.Of("a")));
    }

    [Fact]
    public void Without_news_the_list_is_the_one_that_came()
    {
        EquatableArray<KeyValuePair<string, int>> before = [new("a", 1), new("b", 2)];
        var numbers = new ClassNumbers(before, 3);

        Assert.Equal(1, numbers.Of("a"));
        Assert.True(numbers.All.AsSpan() == before.AsSpan());
    }
}
