using CsCheck;
using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class SpeechQualityTests
{
    /// <summary>G.107 annex B, and the score of its default rating.</summary>
    [Theory]
    [InlineData(93.2, 4.41)]
    [InlineData(90, 4.34)]
    [InlineData(80, 4.03)]
    [InlineData(70, 3.60)]
    [InlineData(60, 3.10)]
    [InlineData(50, 2.58)]
    [InlineData(0, 1)]
    [InlineData(-5, 1)]
    [InlineData(100, 4.5)]
    public void A_rating_has_the_score_that_the_recommendation_gives_it(double rating, double score) => Assert.Equal(score, SpeechQuality.Score(rating), 0.0101);

    [Fact]
    public void Delay_harms_little_up_to_its_limit_and_much_beyond()
    {
        // 20 ms of packet: 80 ms and 280 ms mouth to ear.
        Assert.Equal(93.2 - (0.024 * 80), SpeechQuality.Rating(0.060, 0, 0), 6);
        Assert.Equal(93.2 - (0.024 * 280) - (0.11 * (280 - 177.3)), SpeechQuality.Rating(0.260, 0, 0), 6);
    }

    [Fact]
    public void A_jitter_costs_twice_its_length_of_delay() => Assert.Equal(SpeechQuality.Rating(0.100, 0, 0), SpeechQuality.Rating(0.040, 0.030, 0), 6);

    /// <summary>G.113 appendix I: Ie-eff of 95 x 2 / (2 + 25.1) at 2 % and so on.</summary>
    [Theory]
    [InlineData(0.01, 3.64)]
    [InlineData(0.02, 7.01)]
    [InlineData(0.05, 15.78)]
    public void Losses_impair_as_G_711_with_concealment_stands_them(double loss, double impairment) =>
        Assert.Equal(impairment, SpeechQuality.Rating(0, 0, 0) - SpeechQuality.Rating(0, 0, loss), 0.01);

    [Fact]
    public void No_path_sounds_better_for_being_slower_less_even_or_more_lossy() =>
        Gen.Select(Gen.Double[0, 2], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[0, 2]).Sample((delay, jitter, loss, more, which) =>
        {
            var before = SpeechQuality.Rating(delay, jitter, loss);
            var after = SpeechQuality.Rating(delay + (which == 0 ? more : 0), jitter + (which == 1 ? more : 0), Math.Min(1, loss + (which == 2 ? more : 0)));
            Assert.True(after <= before + 1e-9);
            Assert.InRange(SpeechQuality.Score(after), 1, SpeechQuality.Score(before) + 1e-9);
        });
}
