using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Waymark.Cli.Pki;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;
using Waymark.Exchange.NodeCalls;

namespace Waymark.Cli.Commands;

/// <summary>Parties that make their keys themselves (docs/pki.md).</summary>
internal static partial class PkiCommands
{
    private static readonly TimeSpan UsualInvitation = TimeSpan.FromMinutes(15), LongestInvitation = TimeSpan.FromDays(1);

    private static Command Invite(TimeProvider time)
    {
        var (names, host, days) = (Names(), Host(), Days(365));
        var at = new Option<string>("--at") { Description = $"Where the new host finds 'waymark pki serve'; without a port {EnrollmentCode.UsualPort}.", HelpName = "host:port", Required = true };
        at.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && ServerAddress.Parse(text, EnrollmentCode.UsualPort) is null)
            {
                result.AddError($"'{text}' is no server: write HOST:PORT, or [ADDRESS]:PORT for an IPv6 address");
            }
        });
        var lasting = new Option<string>("--for") { Description = "For how long the code is good: 15min, at most 1d.", HelpName = "duration", DefaultValueFactory = _ => "15min" };
        lasting.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !(NodeCommands.DurationOf(text) <= LongestInvitation))
            {
                result.AddError($"'{text}' is no time for a code to be good: write for example '--for 15min', at most 1d");
            }
        });
        var command = new Command("invite", "Makes a code by which a new host has a key of its own certified, once: 'waymark enroll CODE' there.") { names, host, at, lasting, days };
        command.Validators.Add(result => CheckNames(result, names, host));
        return command.Does((folder, parse) =>
        {
            using var authority = AuthorityDirectory.Open(folder);
            var now = time.GetUtcNow();
            var invitation = new Invitation(
                WhomOf(parse, names).ToEquatableArray(), PurposeOf(parse, host), Span(parse, days), now + (NodeCommands.DurationOf(parse.GetValue(lasting)!) ?? UsualInvitation));
            var server = ServerAddress.Parse(parse.GetValue(at)!, EnrollmentCode.UsualPort)!;
            var code = authority.Invite(invitation, server, now).ToText();
            Tell(parse, new()
            {
                ["code"] = code,
                ["names"] = new JsonArray([.. invitation.Names.Select(name => JsonValue.Create(name.Text))]),
                ["until"] = invitation.Until.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                ["server"] = server.ToString(),
            }, $"waymark enroll {code}\nGood until {invitation.Until.ToLocalTime():yyyy-MM-dd HH:mm}, once, where {server} is 'waymark pki serve'. Whoever has the code can be {string.Join(", ", invitation.Names)}.");
        });
    }

    private static Command Serve(TimeProvider time)
    {
        var address = new Option<string>("--address") { Description = "Where new hosts come to.", HelpName = "address", DefaultValueFactory = _ => "::" };
        address.Validators.Add(result =>
        {
            if (!IPAddress.TryParse(result.GetValueOrDefault<string>(), out _))
            {
                result.AddError("--address is an address of this host, or :: for all");
            }
        });
        var port = new Option<int>("--port") { Description = "The TCP port.", HelpName = "number", DefaultValueFactory = _ => EnrollmentCode.UsualPort };
        port.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<int>() is < 0 or > ushort.MaxValue)
            {
                result.AddError($"--port is a whole number from 0 to {ushort.MaxValue}");
            }
        });
        var command = new Command("serve", "Certifies the keys of new hosts that were invited, until Ctrl-C. Needs the authority's key, and nobody else has to.") { address, port };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var json = parse.IsJson();
            void Say(string text)
            {
                if (json)
                {
                    Invocation.WriteJson(new JsonObject { ["event"] = text });
                    return;
                }
                Console.WriteLine($"{time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}  {text}");
            }
            using var service = new EnrollmentService(parse.GetValue(Folder)!, time, Say);
            try
            {
                await service.RunAsync(new(IPAddress.Parse(parse.GetValue(address)!), parse.GetValue(port)), at => Say($"listening at {at}"), cancellationToken);
                return ExitCodes.Done;
            }
            catch (OperationCanceledException)
            {
                // Ctrl-C.
                return ExitCodes.Done;
            }
            catch (Exception failed) when (failed is CertificateException or SocketException or IOException or UnauthorizedAccessException)
            {
                Invocation.Fail(failed is SocketException ? $"cannot listen at port {parse.GetValue(port)}: {failed.Message}" : failed.Message);
                if (json)
                {
                    Invocation.WriteJson(Invocation.Json([], failed.Message));
                }
                return ExitCodes.Failed;
            }
        });
        return command;
    }
}
