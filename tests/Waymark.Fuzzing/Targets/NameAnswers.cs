using Waymark.PathExamination.DomainNames;

namespace Waymark.Fuzzing.Targets;

/// <summary>What comes from a name server's address (RFC 1035): only what bears the question is an answer to it.</summary>
internal static class NameAnswers
{
    private static readonly NameQuestion Question = new(0x1234, DomainName.TryParse("example.net")!);

    public static FuzzTarget Target { get; } = new("name-answer", [Asked(Question), Asked(new(0x1234, DomainName.TryParse(".")!)), Asked(new(1, DomainName.TryParse("a.example")!))], Take);

    private static bool Take(byte[] input)
    {
        Expect.Equal(input.Length < 12, NameAnswer.IdOf(input) is null, "an identifier where there is a header");
        if (!NameAnswer.TryRead(input, Question, out var answer))
        {
            return false;
        }
        Expect.That(answer.Code is >= 0 and <= 15, "a response code");
        Expect.Equal(Question.Id, NameAnswer.IdOf(input)!.Value, "an answer bears the question's identifier");
        return answer.Failure is not null;
    }

    private static byte[] Asked(NameQuestion question)
    {
        var bytes = new byte[question.Bytes];
        question.Write(bytes);
        return bytes;
    }
}
