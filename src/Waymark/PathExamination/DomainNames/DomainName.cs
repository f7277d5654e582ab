using System.Text;

namespace Waymark.PathExamination.DomainNames;

/// <summary>A name of the domain name system (RFC 1035 section 3.1), of the characters that host names and service names have: letters, digits, <c>-</c> and <c>_</c>.</summary>
public sealed record DomainName
{
    private const int MostLabelBytes = 63;
    private const int MostBytes = 255;

    private readonly string[] labels;

    private DomainName(string text, string[] labels) => (Text, this.labels) = (text, labels);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Whether it is the root, which is written <c>.</c>.</summary>
    public bool IsRoot => labels.Length == 0;

    /// <summary>How many bytes it takes in a message, 1 to 255.</summary>
    public int Bytes => 1 + labels.Sum(label => label.Length + 1);

    /// <summary>Reads one, with or without the last dot; null where it is none.</summary>
    public static DomainName? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var labels = text == "." ? [] : (text.EndsWith('.') ? text[..^1] : text).Split('.');
        if (!labels.All(label => label.Length is > 0 and <= MostLabelBytes && label.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')))
        {
            return null;
        }
        var name = new DomainName(text, labels);
        return name.Bytes <= MostBytes ? name : null;
    }

    /// <summary>Writes it, uncompressed; gives its length.</summary>
    /// <param name="to">At least <see cref="Bytes"/>.</param>
    public int Write(Span<byte> to)
    {
        var at = 0;
        foreach (var label in labels)
        {
            to[at] = (byte)label.Length;
            at += 1 + Encoding.ASCII.GetBytes(label, to[(at + 1)..]);
        }
        to[at] = 0;
        return at + 1;
    }

    /// <inheritdoc/>
    public bool Equals(DomainName? other) => other is not null && labels.AsSpan().SequenceEqual(other.labels, StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => labels.Aggregate(0, (hash, label) => HashCode.Combine(hash, StringComparer.OrdinalIgnoreCase.GetHashCode(label)));

    /// <inheritdoc/>
    public override string ToString() => Text;
}
