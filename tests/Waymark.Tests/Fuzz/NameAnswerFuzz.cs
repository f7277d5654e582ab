using CsCheck;
using Waymark.PathExamination.DomainNames;
using Waymark.Tests.PathExamination.DomainNames;

namespace Waymark.Tests.Fuzz;

/// <summary>Whatever comes from a name server's address: reading it ends, throws nothing, and takes nothing for an answer that does not bear the question.</summary>
public sealed class NameAnswerFuzz
{
    [Fact]
    public void Random_bytes_are_no_answer() => Gen.Byte.Array[0, 600].Sample(
        bytes => !NameAnswer.TryRead(bytes, NameMessageTests.Question, out _) && NameAnswer.IdOf(bytes) is null == bytes.Length < 12, iter: 20_000);

    [Fact]
    public void Spoiled_answers_are_read_without_a_fault() => Gen.Select(Gen.Int[0, 28], Gen.Byte, Gen.Int[0, 29], Gen.Int[0, 15]).Sample(
        (at, spoiled, length, code) =>
        {
            var bytes = NameMessageTests.Answer(NameMessageTests.Question, code);
            bytes[at] = spoiled;
            return !NameAnswer.TryRead(bytes.AsSpan(0, length), NameMessageTests.Question, out var answer) || (length == bytes.Length && answer.Code is >= 0 and <= 15);
        },
        iter: 20_000);
}
