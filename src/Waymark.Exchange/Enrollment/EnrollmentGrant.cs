namespace Waymark.Exchange.Enrollment;

/// <summary>What a party gets that was let in.</summary>
/// <param name="Secret">Of its invitation.</param>
/// <param name="Certificate">In DER.</param>
/// <param name="RevocationList">In PEM.</param>
public sealed record EnrollmentGrant(EquatableArray<byte> Secret, byte[] Certificate, string RevocationList);
