using System.Security.Cryptography;
using System.Text;

namespace Waymark.PathExamination.Stamp;

/// <summary>The key that both ends of an authenticated session share (RFC 8762 section 4.4: HMAC-SHA-256, of which 128 bits are sent). Its bytes are never told.</summary>
public sealed class StampKey
{
    /// <summary>Bytes of a tag.</summary>
    public const int TagBytes = 16;

    private readonly byte[] key;

    private StampKey(byte[] key) => this.key = key;

    /// <summary>
    /// The key that a line of text is: an even number of hexadecimal digits are bytes, anything else is its own characters (UTF-8). Blanks around it do not count. Null where there is
    /// nothing, or more than one line.
    /// </summary>
    public static StampKey? FromText(string text)
    {
        var line = text.Trim();
        if (line.Length == 0 || line.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            return null;
        }
        return new(line.Length % 2 == 0 && line.All(char.IsAsciiHexDigit) ? Convert.FromHexString(line) : Encoding.UTF8.GetBytes(line));
    }

    /// <summary>Writes the tag of <paramref name="content"/>.</summary>
    /// <param name="content">What it covers.</param>
    /// <param name="tag"><see cref="TagBytes"/> bytes; may not overlap the content.</param>
    public void Sign(ReadOnlySpan<byte> content, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, content, whole);
        whole[..TagBytes].CopyTo(tag);
    }

    /// <summary>Whether a tag is that of <paramref name="content"/>; takes as long for a wrong one as for the right one.</summary>
    public bool IsTag(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> content)
    {
        Span<byte> right = stackalloc byte[TagBytes];
        Sign(content, right);
        return CryptographicOperations.FixedTimeEquals(right, tag);
    }
}
