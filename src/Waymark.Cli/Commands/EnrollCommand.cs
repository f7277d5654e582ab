using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Waymark.Cli.Pki;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;

namespace Waymark.Cli.Commands;

/// <summary>Coming to a certificate by a code.</summary>
internal static class EnrollCommand
{
    public static Command Enroll(TimeProvider time)
    {
        var text = new Argument<string>("code") { Description = "What 'waymark pki invite' printed; - to have it read from the standard input, where no list of processes shows it." };
        var into = new Option<string>("--into") { Description = "The folder for the key, the certificate, the authority and its revocation list.", HelpName = "path", DefaultValueFactory = _ => "." };
        var names = new Option<string[]>("--name") { Description = "What the certificate has to name; whatever the invitation says where it is not given.", HelpName = "name" };
        var command = new Command("enroll", "Makes a key here and has it certified by the authority that a code names. Needs no daemon.") { text, into, names };
        command.Validators.Add(result =>
        {
            foreach (var name in (result.GetValue(names) ?? []).Where(name => CertificateName.Parse(name) is null))
            {
                result.AddError($"'{name}' identifies nobody: write a DNS name, a URI or an IP address");
            }
        });
        command.SetAction(async (parse, cancellationToken) =>
        {
            var given = parse.GetValue(text)!;
            if (EnrollmentCode.Parse(given == "-" ? Console.In.ReadLine() ?? "" : given) is not { } code)
            {
                return Fail(parse, "this is no code of 'waymark pki invite', or not all of it", ExitCodes.BadInput);
            }
            using var files = new PartyFiles(parse.GetValue(into)!, code.Purpose);
            EnrolledParty party;
            try
            {
                files.RequireFree();
                var wanted = (parse.GetValue(names) ?? []).Select(CertificateName.Parse).OfType<CertificateName>().ToList();
                party = await EnrollmentClient.EnrollAsync(code, wanted, files.NewKey, time, cancellationToken);
            }
            catch (Exception failed) when (failed is EnrollmentException or CertificateException or IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                // A key that nobody certified is of no use.
                files.Undo();
                return Fail(parse, failed is OperationCanceledException ? "given up" : failed.Message, ExitCodes.Failed);
            }
            try
            {
                files.Write(party);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                files.Undo();
                return Fail(parse, $"the key was certified, and what came cannot be written: {failed.Message}; the code is used up: mend that, and ask for another ('waymark pki invite')", ExitCodes.Failed);
            }
            try
            {
                Tell(parse, files, party);
                return ExitCodes.Done;
            }
            catch (IOException failed)
            {
                // Whoever reads the output does not know; the files are what counts, and they are there.
                Invocation.Fail($"the key was certified, and {files.Certificate}, {files.Key}, {files.Authority} and {files.RevocationList} are written; only this could not be printed: {failed.Message}");
                return ExitCodes.Failed;
            }
        });
        return command;
    }

    private static void Tell(ParseResult parse, PartyFiles files, EnrolledParty party)
    {
        var names = CertificateName.Of(party.Certificate);
        var until = new DateTimeOffset(party.Certificate.NotAfter);
        if (parse.IsJson())
        {
            Invocation.WriteJson(new JsonObject
            {
                ["names"] = new JsonArray([.. names.Select(name => JsonValue.Create(name.Text))]),
                ["until"] = until.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                ["certificateFile"] = files.Certificate,
                ["keyFile"] = files.Key,
                ["authorityFile"] = files.Authority,
                ["revocationFile"] = files.RevocationList,
            });
            return;
        }
        Console.WriteLine($"{files.Certificate}: {string.Join(", ", names)}, until {IssuedCertificate.Day(until)}");
        Console.WriteLine(files.Purpose == CertificatePurpose.Host
            ? $"For the node file: listen {{ address [::]; certificate \"{files.Certificate}\"; key \"{files.Key}\"; authority \"{files.Authority}\"; crl \"{files.RevocationList}\"; }}"
            : $"export WAYMARK_CERT={files.Certificate} WAYMARK_KEY={files.Key} WAYMARK_CA={files.Authority}");
    }

    private static int Fail(ParseResult parse, string message, int code)
    {
        Invocation.Fail(message);
        if (parse.IsJson())
        {
            Invocation.WriteJson(Invocation.Json([], message));
        }
        return code;
    }
}
