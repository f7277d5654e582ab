using System.Globalization;
using Waymark.Flows;

namespace Waymark.PathExamination;

/// <summary>Whom a probe asks, and in which protocol (node file, <c>probe</c>). Its text is how the node file writes it, and how explanations name it.</summary>
public abstract record ProbeTarget
{
    private ProbeTarget()
    {
    }

    /// <summary>Whether it can be asked by packets of <paramref name="family"/>.</summary>
    public abstract bool Carries(IpFamily family);

    /// <summary>The name of the protocol, which is the node file's keyword: <c>icmp</c>, <c>stamp</c>, <c>tcp</c>, <c>http</c>, <c>dns</c>, <c>bfd</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>ICMP echo (RFC 792, RFC 4443).</summary>
    /// <param name="Address">Who is asked.</param>
    public sealed record Icmp(IpAddress Address) : ProbeTarget
    {
        /// <inheritdoc/>
        public override string Kind => "icmp";

        /// <inheritdoc/>
        public override bool Carries(IpFamily family) => Address.Family == family;

        /// <inheritdoc/>
        public override string ToString() => $"icmp {Address}";
    }

    /// <summary>A session-reflector of STAMP (RFC 8762).</summary>
    /// <param name="Address">Who is asked.</param>
    /// <param name="Port">Its UDP port, 1 to 65535.</param>
    /// <param name="KeyFile">The file that holds the key of its authenticated mode; null: the unauthenticated mode.</param>
    public sealed record Stamp(IpAddress Address, int Port, string? KeyFile) : ProbeTarget
    {
        /// <summary>The port that reflectors listen on (RFC 8762 section 4.1).</summary>
        public const int UsualPort = 862;

        /// <inheritdoc/>
        public override string Kind => "stamp";

        /// <inheritdoc/>
        public override bool Carries(IpFamily family) => Address.Family == family;

        /// <inheritdoc/>
        public override string ToString() => Port == UsualPort ? $"stamp {Address}" : string.Create(CultureInfo.InvariantCulture, $"stamp {Address} port {Port}");
    }

    /// <summary>A TCP server that accepts connections; a refusal counts as an answer too, for it came from there.</summary>
    /// <param name="Address">Who is asked.</param>
    /// <param name="Port">Its port, 1 to 65535.</param>
    public sealed record Tcp(IpAddress Address, int Port) : ProbeTarget
    {
        /// <inheritdoc/>
        public override string Kind => "tcp";

        /// <inheritdoc/>
        public override bool Carries(IpFamily family) => Address.Family == family;

        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"tcp {Address} port {Port}");
    }

    /// <summary>A page of a web server that is known to answer with a certain status: another one is a captive portal's word (RFC 8952), not that server's.</summary>
    /// <param name="Url">The absolute address of the page, <c>http</c> or <c>https</c>.</param>
    /// <param name="Expect">The status, 100 to 599.</param>
    public sealed record Http(string Url, int Expect) : ProbeTarget
    {
        /// <summary>Of a page made for such questions.</summary>
        public const int UsualStatus = 204;

        /// <inheritdoc/>
        public override string Kind => "http";

        /// <summary>A host given by name may have addresses of both families.</summary>
        public override bool Carries(IpFamily family) =>
            !Uri.TryCreate(Url, UriKind.Absolute, out var url) || !IpAddress.TryParse(url.DnsSafeHost, out var address) || address.Family == family;

        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"http {Url}");
    }

    /// <summary>A name server (RFC 1035) that answers questions.</summary>
    /// <param name="Server">Who is asked.</param>
    /// <param name="Name">The name that is asked for; its existence does not matter, any answer of the server counts but a failure of its own (SERVFAIL, REFUSED).</param>
    public sealed record Dns(IpAddress Server, string Name) : ProbeTarget
    {
        /// <summary>The root, which every resolver knows.</summary>
        public const string UsualName = ".";

        /// <inheritdoc/>
        public override string Kind => "dns";

        /// <inheritdoc/>
        public override bool Carries(IpFamily family) => Server.Family == family;

        /// <inheritdoc/>
        public override string ToString() => $"dns {Server}";
    }

    /// <summary>A system that speaks BFD with us (RFC 5880), in asynchronous mode.</summary>
    /// <param name="Address">Its address.</param>
    /// <param name="IsMultihop">Whether it is several hops away (RFC 5883) instead of on the link (RFC 5881).</param>
    /// <param name="Every">The time between control packets that is asked for in both directions; null: that between rounds of the other probes.</param>
    public sealed record Bfd(IpAddress Address, bool IsMultihop, TimeSpan? Every) : ProbeTarget
    {
        /// <inheritdoc/>
        public override string Kind => "bfd";

        /// <inheritdoc/>
        public override bool Carries(IpFamily family) => Address.Family == family;

        /// <inheritdoc/>
        public override string ToString() => IsMultihop ? $"bfd {Address} multihop" : $"bfd {Address}";
    }
}
