using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class RepeatedRequestsTests
{
    [Fact]
    public void An_answer_to_a_repeated_request_is_a_loss_where_others_were_answered_at_once_lately()
    {
        var repeated = new RepeatedRequests();
        Assert.False(repeated.Add(isRepeated: false));
        Assert.True(repeated.Add(isRepeated: true));
        Assert.True(repeated.Add(isRepeated: true));
        Assert.False(repeated.Add(isRepeated: false));
        Assert.True(repeated.Add(isRepeated: true));
    }

    [Fact]
    public void A_path_that_became_slow_is_seen_to_be_slow_after_some()
    {
        var repeated = new RepeatedRequests();
        repeated.Add(isRepeated: false);
        Assert.Equal([true, true, true, true, false, false], Enumerable.Range(0, 6).Select(_ => repeated.Add(isRepeated: true)));
    }

    [Fact]
    public void A_path_that_was_never_fast_is_slow() => Assert.False(new RepeatedRequests().Add(isRepeated: true));
}
