using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Waymark.Exchange.Certificates;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Remote;

/// <summary>Who comes in over the network, and who does not, by real TLS to the built daemon.</summary>
public sealed class AdmissionTests : IDisposable
{
    private readonly RemoteNode node = new();

    public void Dispose() => node.Dispose();

    public static TheoryData<string> Servers => new(RemoteNode.Servers);

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_requester_hands_in_looks_at_and_takes_back_policies_from_another_host(string server)
    {
        node.Write("a.way", "udp peer 203.0.113.0/24 port 5060 drop; udp peer 2001:db8:cafe::/48 port 5060 drop;");
        var (code, text) = node.Call("phone", $"apply -f {node.In("a.way")}", server);
        Assert.True(code == 0 && text.Contains("2 of 2 policies in force", StringComparison.Ordinal), text);
        Assert.Contains("-> drop   decided by a.way:1 of phone", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        Assert.Contains("-> drop   decided by a.way:1 of phone", node.Call("fleet", "explain udp peer 2001:db8:cafe::7 port 5060", server).Text, StringComparison.Ordinal);
        Assert.Equal(0, node.Call("phone", "withdraw a.way", server).Code);
        Assert.Contains("no policy speaks of it", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        var source = server.Contains(':', StringComparison.Ordinal) ? "[2001:db8:7::" : "192.0.2.";
        Assert.Contains(node.Audit().Split('\n'), line => line.Contains("phone", StringComparison.Ordinal) && line.Contains(source, StringComparison.Ordinal) && line.Contains("withdraw", StringComparison.Ordinal) && line.Contains("accepted", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Nobody_gets_a_byte_whose_certificate_does_not_count(string server)
    {
        using var own = node.OpenAuthority();
        using var other = CertificateAuthority.Create("Waymark authority", ECCurve.NamedCurves.nistP256, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(100));
        var now = TimeProvider.System.GetUtcNow();
        var day = TimeSpan.FromDays(1);
        using var selfKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var self = new CertificateRequest("CN=fleet.example.net", selfKey, HashAlgorithmName.SHA256).CreateSelfSigned(now - day, now + day);
        (X509Certificate2? Certificate, string Reason)[] cases =
        [
            (null, "it showed no certificate"),
            (RemoteNode.Issue(other, "fleet.example.net", CertificatePurpose.Requester, now, day), "is not signed by an authority that is trusted here"),
            (self, "is not signed by an authority that is trusted here"),
            (RemoteNode.Issue(own, "fleet.example.net", CertificatePurpose.Requester, own.Certificate.NotBefore, TimeSpan.FromSeconds(1)), "the certificate expired on"),
            (Sign(own, "1.3.6.1.5.5.7.3.1"), "is not for asking nodes: it lacks clientAuth"),
            (Sign(own, "1.3.6.1.5.5.7.3.2", named: false), "names nobody"),
        ];
        foreach (var (certificate, reason) in cases)
        {
            Assert.Equal(0, await BytesOf(() => node.HandshakeAsync(certificate, server)));
            Assert.True(RemoteNode.Soon(() => node.Audit("--outcome refused").Contains(reason, StringComparison.Ordinal)), $"{reason}:\n{node.Audit()}");
        }
        // As curl and browsers come: without.
        Assert.NotEqual(0, Shell.Try($"ip netns exec {node.Far.Name} timeout 10 openssl s_client -quiet -connect '{(server.Contains(':', StringComparison.Ordinal) ? $"[{server}]" : server)}:7443' -alpn h2 < /dev/zero 2> /dev/null | head -c 1 | grep -q .").Code);
        Assert.Equal(0, node.Call("fleet", "status", server).Code);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Neither_TLS_1_2_nor_plain_text_is_answered(string server)
    {
        await Assert.ThrowsAnyAsync<Exception>(() => node.HandshakeAsync(node.Certificate("fleet"), server, SslProtocols.Tls12));
        var (code, text) = Shell.Try($"ip netns exec {node.Far.Name} timeout 10 openssl s_client -tls1_2 -connect '{(server.Contains(':', StringComparison.Ordinal) ? $"[{server}]" : server)}:7443' -cert {node.In("fleet.example.net.pem")} -key {node.In("fleet.example.net.key")} < /dev/null");
        Assert.True(code != 0 && text.Contains("alert protocol version", StringComparison.Ordinal), text);
        foreach (var hello in new[] { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0", "GET / HTTP/1.1\r\nHost: van.example.net\r\n\r\n" })
        {
            using var socket = node.Connect(server);
            socket.ReceiveTimeout = 15_000;
            socket.Send(Encoding.Latin1.GetBytes(hello));
            var answer = new byte[4096];
            var length = 0;
            try
            {
                length = socket.Receive(answer);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Reset: no answer either.
            }
            // At most an alert of TLS (RFC 8446 section 6), and nothing of HTTP.
            Assert.True(length == 0 || answer[0] == 0x15, Encoding.Latin1.GetString(answer, 0, length));
        }
        Assert.Contains("no handshake of TLS 1.3 came to its end", node.Audit("--outcome refused"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void One_of_the_right_authority_who_is_no_requester_is_told_the_line_and_sees_nothing(string server)
    {
        foreach (var question in new[] { "status", "get paths", "get policies", "watch", "explain udp", "audit", "reload" })
        {
            var (code, text) = node.Call("stranger", question, server);
            Assert.True(code == 1 && text.Contains("the certificate of 'stranger.example.net' is of no requester of this node: its administrator can add 'requester NAME { certificate \"stranger.example.net\"; rank 10; may flows ...; }' to", StringComparison.Ordinal), text);
        }
        // A host's own certificate is no requester's either.
        Shell.Run($"cp {node.In("van.example.net.pem")} {node.In("host.example.net.pem")}; cp -p {node.In("van.example.net.key")} {node.In("host.example.net.key")}");
        Assert.Equal(1, node.Call("host", "status", server).Code);
    }

    [Fact]
    public void The_line_that_a_stranger_is_told_lets_him_in_without_a_restart()
    {
        Assert.Equal(1, node.Call("stranger", "get paths").Code);
        node.Declare("requester guest { certificate \"stranger.example.net\"; rank 10; may flows udp; }");
        node.Ask("reload");
        Assert.Equal(0, node.Call("stranger", "get paths").Code);
    }

    [Fact]
    public void Who_bears_the_names_of_two_requesters_is_neither()
    {
        using var authority = node.OpenAuthority();
        Keep("both", RemoteNode.Issue(authority, "phone.example.net", CertificatePurpose.Requester, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1), "fleet.example.net"));
        var (code, text) = node.Call("both", "status");
        Assert.True(code == 1 && text.Contains("is of several requesters of this node, 'fleet' and 'phone'", StringComparison.Ordinal), text);
    }

    [Fact]
    public void The_client_says_what_is_wrong_and_what_helps()
    {
        void Says(string expected, int code, (int Code, string Text) answer) => Assert.True(answer.Code == code && answer.Text.Contains(expected, StringComparison.Ordinal), $"{answer.Code}: {answer.Text}");
        node.Node.Ip("addr add 192.0.2.2/24 dev n0");
        Says("the node at 192.0.2.2:7443 is 'van.example.net', '192.0.2.1', '2001:db8:7::1' by its certificate, not '192.0.2.2': call it by that name, or have a certificate issued", 3, node.Call("fleet", "status", "192.0.2.2"));
        Shell.Run($"{DaemonProcess.Program("waymark")} pki init -d {node.In("other")} --name Other");
        Says("is not signed by an authority that is trusted here: it says 'CN=Waymark authority'; name the node's authority (--ca, WAYMARK_CA)", 3, node.Call("fleet", "status", authority: node.In("other/ca.pem")));
        using var authority = node.OpenAuthority();
        Keep("old", RemoteNode.Issue(authority, "fleet.example.net", CertificatePurpose.Requester, authority.Certificate.NotBefore, TimeSpan.FromSeconds(1)));
        Says("old.example.net.pem expired on", 2, node.Call("old", "status"));
        Says("nothing listens at 192.0.2.1:7444", 3, node.Call("fleet", "status", "192.0.2.1:7444"));
        Says("no host is called 'nowhere.invalid'", 3, node.Call("fleet", "status", "nowhere.invalid"));
        Says("is no server: write HOST:PORT", 2, node.Call("fleet", "status", "192.0.2.1:x"));
        Shell.Run($"chmod 644 {node.In("phone.example.net.key")}");
        Says($"'chmod 600 {node.In("phone.example.net.key")}'", 2, node.Call("phone", "status"));
        node.Pki($"revoke {node.In("fleet.example.net.pem")}");
        Assert.True(RemoteNode.Soon(() => node.Call("fleet", "status") is (3, var text) && text.Contains("192.0.2.1:7443 closed the connection: the node does not let in", StringComparison.Ordinal)), node.Call("fleet", "status").Text);
        Assert.Equal(2, Shell.Try($"{DaemonProcess.Program("waymark")} --server van status").Code);
    }

    /// <summary>How many bytes come behind the handshake.</summary>
    private static async Task<int> BytesOf(Func<Task<SslStream>> handshake)
    {
        try
        {
            await using var stream = await handshake();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0"u8.ToArray(), patience.Token);
            return await stream.ReadAsync(new byte[100], patience.Token);
        }
        catch (Exception closed) when (closed is IOException or AuthenticationException)
        {
            // Closed, with or without a word.
            return 0;
        }
    }

    private static X509Certificate2 Sign(CertificateAuthority authority, string usage, bool named = true)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fleet.example.net", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(usage)], critical: false));
        if (named)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("fleet.example.net");
            request.CertificateExtensions.Add(names.Build());
        }
        using var signed = request.Create(authority.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(authority.Certificate.GetECDsaPrivateKey()!),
            authority.Certificate.NotBefore, TimeProvider.System.GetUtcNow().AddDays(1), [1, 2, 3, 4]);
        return signed.CopyWithPrivateKey(key);
    }

    private void Keep(string name, X509Certificate2 certificate)
    {
        node.Write($"{name}.example.net.pem", certificate.ExportCertificatePem());
        node.Write($"{name}.example.net.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Shell.Run($"chmod 600 {node.In($"{name}.example.net.key")}");
    }
}
