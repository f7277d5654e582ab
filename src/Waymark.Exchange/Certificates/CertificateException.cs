namespace Waymark.Exchange.Certificates;

/// <summary>A certificate, a key, a revocation list or their file cannot be used. The message says which, why, and what would help; never a byte of a key.</summary>
public sealed class CertificateException(string message) : Exception(message);
