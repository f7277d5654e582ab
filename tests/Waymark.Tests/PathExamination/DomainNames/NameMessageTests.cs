using CsCheck;
using Waymark.PathExamination.DomainNames;

namespace Waymark.Tests.PathExamination.DomainNames;

public sealed class NameMessageTests
{
    [Theory]
    [InlineData(".", "00")]
    [InlineData("example.net", "076578616D706C65036E657400")]
    [InlineData("_dns.a-1.", "045F646E7303612D3100")]
    public void A_name_is_written_label_by_label(string text, string bytes)
    {
        var name = DomainName.TryParse(text)!;
        var to = new byte[name.Bytes];
        Assert.Equal(to.Length, name.Write(to));
        Assert.Equal(bytes, Convert.ToHexString(to));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("b\u00fccher.example")]
    [InlineData("a b")]
    public void What_is_no_name_is_not_taken_for_one(string text) => Assert.Null(DomainName.TryParse(text));

    [Fact]
    public void Labels_have_63_bytes_at_most_and_names_255()
    {
        var label = new string('a', 63);
        Assert.NotNull(DomainName.TryParse(label));
        Assert.Null(DomainName.TryParse(label + "a"));
        var longest = $"{label}.{label}.{label}.{label[..61]}";
        Assert.Equal(255, DomainName.TryParse(longest)!.Bytes);
        Assert.Null(DomainName.TryParse(longest + "a"));
    }

    [Fact]
    public void A_question_is_a_message_that_others_read()
    {
        // Identifier, flags with recursion desired, one question; the name, A, IN (RFC 1035 section 4.1).
        Assert.Equal("BEEF01000001000000000000076578616D706C65036E65740000010001", Convert.ToHexString(Written(new(0xbeef, DomainName.TryParse("example.net")!))));
        Assert.Equal("000101000001000000000000" + "00" + "00020001", Convert.ToHexString(Written(new(1, DomainName.TryParse(".")!))));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(2, "SERVFAIL")]
    [InlineData(3, null)]
    [InlineData(5, "REFUSED")]
    public void An_answer_says_whether_the_server_looked(int code, string? failure)
    {
        var question = Question;
        var message = Answer(question, code);
        Assert.True(NameAnswer.TryRead(message, question, out var answer));
        Assert.Equal(failure, answer.Failure);
        // Cut off, and with letters of another case: still ours.
        message[2] |= 0x02;
        Assert.True(NameAnswer.TryRead(message, question, out _));
        Assert.True(NameAnswer.TryRead(Answer(question with { Name = DomainName.TryParse("eXAMPLE.neT")! }, code), question, out _));
    }

    [Fact]
    public void What_answers_something_else_is_none()
    {
        var question = Question;
        Assert.False(NameAnswer.TryRead(Written(question), question, out _), "our own question sent back");
        Assert.False(NameAnswer.TryRead(Answer(question with { Id = 8 }, 0), question, out _), "another identifier");
        Assert.False(NameAnswer.TryRead(Answer(question with { Name = DomainName.TryParse("example.com")! }, 0), question, out _), "another name");
        Assert.False(NameAnswer.TryRead(Answer(question with { Name = DomainName.TryParse(".")! }, 0), question, out _), "a shorter name");
        var other = Answer(question, 0);
        other[^1]++;
        Assert.False(NameAnswer.TryRead(other, question, out _), "another class");
        var none = Answer(question, 0);
        none[5] = 0;
        Assert.False(NameAnswer.TryRead(none, question, out _), "no question");
        var notify = Answer(question, 0);
        notify[2] |= 4 << 3;
        Assert.False(NameAnswer.TryRead(notify, question, out _), "another operation");
        for (var length = 0; length < question.Bytes; length++)
        {
            Assert.False(NameAnswer.TryRead(Answer(question, 0).AsSpan(0, length), question, out _));
        }
    }

    [Fact]
    public void Every_name_of_any_case_is_the_same_name() => Gen.Char["abcXYZ019-_"].Array[1, 63].Array[0, 4].Sample(labels =>
    {
        var text = labels.Length == 0 ? "." : string.Join('.', labels.Select(label => new string(label)));
        if (DomainName.TryParse(text) is { } name)
        {
            Assert.Equal(name, DomainName.TryParse(text.ToUpperInvariant()));
            var question = new NameQuestion(7, name);
            Assert.True(NameAnswer.TryRead(Answer(question with { Name = DomainName.TryParse(text.ToUpperInvariant())! }, 0), question, out _));
        }
    });

    internal static NameQuestion Question => new(7, DomainName.TryParse("example.net")!);

    internal static byte[] Written(NameQuestion question)
    {
        var bytes = new byte[question.Bytes];
        question.Write(bytes);
        return bytes;
    }

    internal static byte[] Answer(NameQuestion question, int code)
    {
        var bytes = Written(question);
        (bytes[2], bytes[3]) = ((byte)(bytes[2] | 0x80), (byte)(0x80 | code));
        return bytes;
    }
}
