using System.Security.Cryptography.X509Certificates;

namespace Waymark.Exchange.Enrollment;

/// <summary>What a new party has come to.</summary>
/// <param name="Certificate">Its certificate, without the key.</param>
/// <param name="Authority">The authority's.</param>
/// <param name="RevocationList">The authority's list, in PEM.</param>
public sealed record EnrolledParty(X509Certificate2 Certificate, X509Certificate2 Authority, string RevocationList);
