namespace Waymark.Exchange.Certificates;

/// <summary>Why a certificate does not count.</summary>
public enum CertificateRefusal
{
    /// <summary>No authority that is trusted here has signed it.</summary>
    UnknownAuthority,

    /// <summary>Its time, or that of an authority over it, has not begun: or a clock is wrong.</summary>
    NotYetValid,

    /// <summary>Its time, or that of an authority over it, is over.</summary>
    Expired,

    /// <summary>Its authority has taken it back.</summary>
    Revoked,

    /// <summary>Whether it was taken back cannot be told: the authority's list is out of date.</summary>
    ListOutOfDate,

    /// <summary>It is for something else: its extended key usage (RFC 5280 section 4.2.1.12) does not name what it is shown for, or it is an authority's own.</summary>
    WrongPurpose,

    /// <summary>It bears no DNS name and no URI: nobody could be meant by it.</summary>
    Nameless,

    /// <summary>A key or a signature that can be forged, or is of a kind that is not read here.</summary>
    Weak,

    /// <summary>It is no well-formed certificate, or says what would have to be understood to be believed.</summary>
    Damaged,
}
