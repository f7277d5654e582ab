using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class LivenessWitnessTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private readonly LivenessWitness witness = new(Start);

    [Fact]
    public void Silence_before_the_first_word_counts_after_three_seconds()
    {
        Assert.False(Take(LivenessClaim.Silent, 2.9));
        Assert.Equal(LivenessClaim.None, witness.Claim);
        Assert.False(Take(LivenessClaim.Silent, 3));
        Assert.Equal(LivenessClaim.Silent, witness.Claim);
    }

    [Fact]
    public void Who_has_lived_is_silent_at_once_and_once()
    {
        Assert.False(Take(LivenessClaim.Alive, 1));
        Assert.True(Take(LivenessClaim.Silent, 1.1));
        Assert.False(Take(LivenessClaim.Silent, 1.2));
        Assert.Equal(LivenessClaim.Silent, witness.Claim);
    }

    [Fact]
    public void Who_has_withdrawn_begins_anew()
    {
        Take(LivenessClaim.Alive, 1);
        Assert.False(Take(LivenessClaim.None, 100));
        Assert.False(Take(LivenessClaim.Silent, 102.9));
        Assert.Equal(LivenessClaim.None, witness.Claim);
        Take(LivenessClaim.Silent, 103);
        Assert.Equal(LivenessClaim.Silent, witness.Claim);
    }

    private bool Take(LivenessClaim claim, double seconds) => witness.Take(claim, Start.AddSeconds(seconds));
}
