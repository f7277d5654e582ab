using System.Diagnostics;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Waymark.Exchange.Certificates;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Remote;

/// <summary>
/// The built daemon, which listens for requesters of other hosts, and the host of one of them:
/// <code>
/// far  192.0.2.7, 192.0.2.8  f0 ------ n0  192.0.2.1  node
///      2001:db8:7::7, ::8                  2001:db8:7::1
/// </code>
/// With an authority of its own; <c>fleet</c> may ask for anything, <c>phone</c> for a few flows, <c>chief</c> for the node too.
/// </summary>
internal sealed class RemoteNode : IDisposable
{
    public const int Port = 7443;

    private readonly TestNamespace node = new("rn"), far = new("rf");
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private Process? daemon;

    public RemoteNode()
    {
        node.Connect("n0", far, "f0");
        node.Ip("addr add 192.0.2.1/24 dev n0");
        node.Ip("addr add 2001:db8:7::1/64 dev n0 nodad");
        foreach (var end in new[] { 7, 8 })
        {
            far.Ip($"addr add 192.0.2.{end}/24 dev f0");
            far.Ip($"addr add 2001:db8:7::{end}/64 dev f0 nodad");
        }
        System.IO.Directory.CreateDirectory(In("policy.d"));
        Pki("init");
        Pki($"issue --host van.example.net 192.0.2.1 2001:db8:7::1 --into {folder}");
        foreach (var name in new[] { "fleet", "phone", "chief", "stranger" })
        {
            Pki($"issue {name}.example.net --into {folder}");
        }
        Declare();
        Start();
    }

    public static IEnumerable<string> Servers => ["192.0.2.1", "2001:db8:7::1"];

    /// <summary>The node's processes and sockets.</summary>
    public TestNamespace Node => node;

    /// <summary>The requester's.</summary>
    public TestNamespace Far => far;

    public int Process => daemon!.Id;

    public string Logged => System.IO.File.ReadAllText(In("log"));

    public string In(string name) => System.IO.Path.Combine(folder, name);

    public void Write(string name, string text) => System.IO.File.WriteAllText(In(name), text);

    /// <summary>Writes the node file, with what else a test wants in it.</summary>
    public void Declare(string more = "") => Write("node.way", $$"""
        listen { address [::]; certificate "{{In("van.example.net.pem")}}"; key "{{In("van.example.net.key")}}"; authority "{{In("pki/ca.pem")}}"; crl "{{In("pki/crl.pem")}}"; }
        requester fleet { certificate "fleet.example.net"; rank 5; may any; }
        requester phone { certificate "phone.example.net"; rank 50; may flows udp peer 203.0.113.0/24, udp peer 2001:db8:cafe::/48; }
        requester chief { certificate "chief.example.net"; rank 20; may any; may administer; }
        {{more}}
        """);

    public string Pki(string arguments) => Shell.Run($"{DaemonProcess.Program("waymark")} pki {arguments} -d {In("pki")}");

    public void Start(string environment = "")
    {
        daemon = System.Diagnostics.Process.Start("ip", ["netns", "exec", node.Name, "/bin/sh", "-c",
            $"{environment} exec env --default-signal=HUP {DaemonProcess.Program("waymarkd")} --node-file {In("node.way")} --policy-directory {In("policy.d")} --state-directory {In("state")} --socket {In("sock")} >> {In("log")} 2>&1"]);
        Assert.True(Soon(() => TryAsk("status").Code == 0 && Logged.Contains("are listened for", StringComparison.Ordinal) && Logged.Contains("in force:", StringComparison.Ordinal)), $"the daemon does not come up:\n{Logged}");
    }

    /// <summary>Asks on the node itself, as root.</summary>
    public string Ask(string arguments) => TryAsk(arguments) is (0, var text) ? text : throw new InvalidOperationException($"'waymark {arguments}' failed: {TryAsk(arguments).Text}\n{Logged}");

    public (int Code, string Text) TryAsk(string arguments) => Shell.Try($"ip netns exec {node.Name} timeout 20 {DaemonProcess.Program("waymark")} --socket {In("sock")} {arguments}");

    /// <summary>Asks from the other host.</summary>
    /// <param name="requester">Whose certificate is shown.</param>
    /// <param name="arguments">Of the command line.</param>
    /// <param name="server">Where.</param>
    /// <param name="authority">Whose nodes are believed.</param>
    public (int Code, string Text) Call(string requester, string arguments, string server = "192.0.2.1", string? authority = null) => Shell.Try(
        $"ip netns exec {far.Name} timeout 30 {CallLine(requester, arguments, server, authority)}");

    /// <summary>The command line of <see cref="Call"/>.</summary>
    public string CallLine(string requester, string arguments, string server = "192.0.2.1", string? authority = null) =>
        $"{DaemonProcess.Program("waymark")} --server '{server}' --cert {In($"{requester}.example.net.pem")} --key {In($"{requester}.example.net.key")} --ca {authority ?? In("pki/ca.pem")} {arguments}";

    /// <summary>The audit log, by the command line.</summary>
    public string Audit(string arguments = "") => Ask($"audit --most 1000 {arguments}");

    /// <summary>A socket of the other host, connected to the node.</summary>
    public Socket Connect(string server = "192.0.2.1", string? from = null) => far.Network.Run(() =>
    {
        var address = IPAddress.Parse(server);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        }
        socket.Connect(address, Port);
        return socket;
    });

    /// <summary>TLS with whatever certificate, and of whatever version, as nobody's client would do it.</summary>
    public async Task<SslStream> HandshakeAsync(X509Certificate2? certificate, string server = "192.0.2.1", SslProtocols protocol = SslProtocols.Tls13)
    {
        var stream = new SslStream(new NetworkStream(Connect(server), ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "van.example.net",
            EnabledSslProtocols = protocol,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
        }, TestContext.Current.CancellationToken);
        return stream;
    }

    /// <summary>gRPC with whatever message; one connection, which is opened at the first call.</summary>
    public GrpcChannel Channel(string requester, string server = "192.0.2.1", Action<Socket>? opened = null) => GrpcChannel.ForAddress("https://van.example.net", new()
    {
        MaxSendMessageSize = null,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = (_, _) =>
            {
                var socket = Connect(server);
                opened?.Invoke(socket);
                return ValueTask.FromResult<System.IO.Stream>(new NetworkStream(socket, ownsSocket: true));
            },
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                ClientCertificateContext = SslStreamCertificateContext.Create(Certificate(requester), null, offline: true),
            },
        },
    });

    /// <summary>A requester's certificate with its key.</summary>
    public X509Certificate2 Certificate(string requester) => X509Certificate2.CreateFromPemFile(In($"{requester}.example.net.pem"), In($"{requester}.example.net.key"));

    /// <summary>A certificate of an authority, as its holder could have it signed, and perhaps should not.</summary>
    public static X509Certificate2 Issue(CertificateAuthority authority, string name, CertificatePurpose purpose, DateTimeOffset now, TimeSpan lifetime, params string[] others)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = authority.Issue([.. others.Prepend(name).Select(one => CertificateName.Parse(one)!)], purpose, new(key), now, lifetime);
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>The node's authority, which only the test should have.</summary>
    public CertificateAuthority OpenAuthority()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(System.IO.File.ReadAllText(In("pki/ca.key")));
        return new(X509Certificate2.CreateFromPem(System.IO.File.ReadAllText(In("pki/ca.pem"))), key);
    }

    /// <summary>Whether a condition comes true within two minutes: handshakes and programs that are started take their time on a busy machine.</summary>
    public static bool Soon(Func<bool> condition) => Enumerable.Range(0, 8).Any(_ => DaemonProcess.Eventually(condition));

    public void Dispose()
    {
        daemon?.Kill();
        daemon?.WaitForExit();
        daemon?.Dispose();
        node.Dispose();
        far.Dispose();
        System.IO.Directory.Delete(folder, recursive: true);
    }
}
