using Waymark.Linux.Nftables;

namespace Waymark.Linux.Verification;

/// <summary>The registers of the kernel's machine, each value at the word where it begins.</summary>
internal sealed class Registers
{
    private const int Words = 16;

    private readonly Term?[] terms = new Term?[Words];

    /// <summary>What begins at a word; null: nothing that was loaded there.</summary>
    public Term? this[int word]
    {
        get => word is >= 0 and < Words ? terms[word] : null;
        set
        {
            if (word is >= 0 and < Words)
            {
                terms[word] = value;
            }
        }
    }

    /// <summary>A copy that can go another way.</summary>
    public Registers Copy()
    {
        var copy = new Registers();
        terms.CopyTo(copy.terms, 0);
        return copy;
    }

    /// <summary>What bytes of the packet lie in so many bytes from a word on, as <see cref="HeaderBytes"/> says it; something else, and what is cut, is <c>?</c>.</summary>
    public string Loaded(int word, int length)
    {
        var parts = new List<string>();
        while (length > 0)
        {
            if (this[word] is not Term.Header header || header.Length > length)
            {
                return "?";
            }
            parts.Add(HeaderBytes(header.From, header.Offset, header.Length));
            length -= header.Length;
            word += (header.Length + 3) / 4;
        }
        return string.Join(' ', parts);
    }

    /// <summary>Bytes of a header, in a word.</summary>
    public static string HeaderBytes(NftablesHeader header, int offset, int length) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{header}:{offset}+{length}");

    /// <summary>The terms of a set's key from a word on; null where one is not there.</summary>
    public IReadOnlyList<Term>? Key(NftablesSet set, int word)
    {
        var key = new Term[set.Key.Count];
        for (var part = 0; part < key.Length; part++)
        {
            if (this[word] is not { } term)
            {
                return null;
            }
            key[part] = term;
            word += set.Key[part].Padded / 4;
        }
        return key;
    }
}
