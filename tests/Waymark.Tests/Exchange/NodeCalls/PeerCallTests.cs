using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.NodeCalls;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange.NodeCalls;

/// <summary>The call of one node to another, and a server that answers as no daemon does.</summary>
public sealed class PeerCallTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_is_packed_is_not_unpacked(bool isPacked)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = CertificateAuthority.Create("A", ECCurve.NamedCurves.nistP256, now, TimeSpan.FromDays(1));
        using var host = authority.Issue([CertificateName.Parse("hub.example.net")!], CertificatePurpose.Host, new(key), now, TimeSpan.FromDays(1)).CopyWithPrivateKey(key);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(grpc => (grpc.ResponseCompressionAlgorithm, grpc.ResponseCompressionLevel) = (isPacked ? "gzip" : null, CompressionLevel.SmallestSize));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options => options.UseHttps(host, https => https.ClientCertificateMode = ClientCertificateMode.NoCertificate)));
        await using var app = builder.Build();
        // Whoever packs does so whether or not it was said that it would be taken.
        app.Use((context, next) =>
        {
            context.Request.Headers["grpc-accept-encoding"] = "identity,gzip";
            return next(context);
        });
        app.MapGrpcService<Wide>();
        await app.StartAsync(Cancelled);
        var port = new Uri(app.Urls.First()).Port;
        using var call = new PeerCall(new(CertificateName.Parse("127.0.0.1")!, port), CertificateName.Parse("hub.example.net")!, SslStreamCertificateContext.Create(host, null, offline: true),
            CertificateTrust.Read(authority.Certificate.ExportCertificatePem(), null), TimeProvider.System);
        using var exchange = call.Exchange(Cancelled);
        if (isPacked)
        {
            Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => exchange.ResponseStream.MoveNext(Cancelled))).StatusCode);
        }
        else
        {
            Assert.True(await exchange.ResponseStream.MoveNext(Cancelled));
        }
    }

    /// <summary>Says much that packs to little.</summary>
    private sealed class Wide : V1.PeerService.PeerServiceBase
    {
        public override Task Exchange(IAsyncStreamReader<V1.PeerMessage> requestStream, IServerStreamWriter<V1.PeerMessage> responseStream, ServerCallContext context) =>
            responseStream.WriteAsync(new() { Hello = new() { Node = new('a', 1 << 20) } }, context.CancellationToken);
    }
}
