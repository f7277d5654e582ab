using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Waymark.Cli.Display;
using Waymark.Cli.Pki;
using Waymark.Exchange.Certificates;

namespace Waymark.Cli.Commands;

/// <summary>A certificate authority of one's own (docs/pki.md).</summary>
internal static partial class PkiCommands
{
    private const int MostDays = 36_500;

    private static readonly Option<string> Folder = new("--directory", "-d")
    {
        Description = "The authority's folder.",
        HelpName = "path",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WAYMARK_PKI") is { Length: > 0 } set ? set
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "waymark", "pki"),
        Recursive = true,
    };

    public static Command Pki(TimeProvider time) => new("pki", "A certificate authority of your own, in a folder. Needs no daemon.")
    {
        Folder,
        Init(time),
        Issue(time),
        Invite(time),
        Serve(time),
        Renew(time),
        Revoke(time),
        List(time),
    };

    private static Command Init(TimeProvider time)
    {
        var name = new Option<string>("--name") { Description = "What people call the authority.", HelpName = "text", DefaultValueFactory = _ => "Waymark authority" };
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && (text.Length is 0 or > CertificateAuthority.LongestCommonName || text.Any(char.IsControl)))
            {
                result.AddError($"--name has 1 to {CertificateAuthority.LongestCommonName} characters");
            }
        });
        var curve = new Option<string>("--curve") { Description = "Of its key and of all that it certifies.", HelpName = "p256|p384", DefaultValueFactory = _ => "p256" };
        curve.AcceptOnlyFromAmong("p256", "p384");
        var days = Days(3650);
        return new Command("init", "Makes an authority: its key, its certificate, an empty revocation list.") { name, curve, days }.Does((folder, parse) =>
        {
            AuthorityDirectory.Create(folder, parse.GetValue(name)!, parse.GetValue(curve) == "p384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256, time.GetUtcNow(), Span(parse, days));
            using var made = AuthorityDirectory.Open(folder);
            Tell(parse, new() { ["authority"] = made.CertificateFile, ["revocationList"] = made.RevocationFile },
                $"{made.CertificateFile}: the authority, until {IssuedCertificate.Day(made.Certificate.NotAfter)}. Give it and crl.pem to every party; ca.key to none.");
        });
    }

    private static Command Issue(TimeProvider time)
    {
        var (names, host, days) = (Names(), Host(), Days(365));
        var into = new Option<string>("--into") { Description = "The folder for the certificate and its key.", HelpName = "path", DefaultValueFactory = _ => "." };
        var command = new Command("issue", "Makes a key and a certificate for a requester or a node.") { names, host, into, days };
        command.Validators.Add(result => CheckNames(result, names, host));
        return command.Does((folder, parse) =>
        {
            using var authority = AuthorityDirectory.Open(folder);
            var now = time.GetUtcNow();
            var (issued, certificate, key) = authority.Issue(WhomOf(parse, names), PurposeOf(parse, host), parse.GetValue(into)!, now, Span(parse, days));
            Tell(parse, new() { ["certificate"] = CertificateTable.Json(issued, now), ["certificateFile"] = certificate, ["keyFile"] = key },
                $"{certificate}, {key}: {string.Join(", ", issued.Names)}, a {issued.Use}'s, until {IssuedCertificate.Day(issued.Until)}");
        });
    }

    private static Command Renew(TimeProvider time)
    {
        var file = new Argument<string>("certificate") { Description = "Its file, which is replaced." };
        var days = Days(365);
        return new Command("renew", "Certifies the same key and names for longer.") { file, days }.Does((folder, parse) =>
        {
            using var authority = AuthorityDirectory.Open(folder);
            var now = time.GetUtcNow();
            var renewed = authority.Renew(parse.GetValue(file)!, now, Span(parse, days));
            Tell(parse, new() { ["certificate"] = CertificateTable.Json(renewed, now), ["certificateFile"] = parse.GetValue(file) },
                $"{parse.GetValue(file)}: {string.Join(", ", renewed.Names)}, until {IssuedCertificate.Day(renewed.Until)}");
        });
    }

    private static Command Revoke(TimeProvider time)
    {
        var what = new Argument<string>("certificate") { Description = "Its file, or its serial number ('waymark pki list')." };
        return new Command("revoke", "Takes a certificate back, and every other of its key; writes the revocation list.") { what }.Does((folder, parse) =>
        {
            using var authority = AuthorityDirectory.Open(folder);
            var now = time.GetUtcNow();
            var taken = authority.Revoke(parse.GetValue(what)!, now);
            Tell(parse, new() { ["revoked"] = new JsonArray([.. taken.Select(one => CertificateTable.Json(one, now))]), ["revocationList"] = authority.RevocationFile },
                string.Join("\n", taken.Select(one => $"{one.Serial}: {string.Join(", ", one.Names)}, revoked")) + $"\nIt counts once the nodes have {authority.RevocationFile}.");
        });
    }

    private static Command List(TimeProvider time) => new Command("list", "Every certificate that the authority issued: the first to expire first.").Does((folder, parse) =>
    {
        using var authority = AuthorityDirectory.Open(folder);
        var now = time.GetUtcNow();
        if (parse.IsJson())
        {
            Invocation.WriteJson(new JsonObject { ["certificates"] = new JsonArray([.. authority.Issued().Select(one => CertificateTable.Json(one, now))]) });
            return;
        }
        CertificateTable.Write(authority.Issued(), now);
    });

    private static Command Does(this Command command, Action<string, ParseResult> work)
    {
        command.SetAction(parse =>
        {
            try
            {
                work(parse.GetValue(Folder)!, parse);
                return ExitCodes.Done;
            }
            catch (Exception failed) when (failed is CertificateException or IOException or UnauthorizedAccessException)
            {
                // Somebody's mistake, or the disk's refusal: nothing was done by halves.
                Invocation.Fail(failed.Message);
                if (parse.IsJson())
                {
                    Invocation.WriteJson(Invocation.Json([], failed.Message));
                }
                return ExitCodes.Failed;
            }
        });
        return command;
    }

    private static void Tell(ParseResult parse, JsonObject json, string text)
    {
        if (parse.IsJson())
        {
            Invocation.WriteJson(json);
            return;
        }
        Console.WriteLine(text);
    }

    private static Argument<string[]> Names() => new("name") { Description = "Whom it identifies: a DNS name or a URI, and with --host IP addresses too.", Arity = ArgumentArity.OneOrMore };

    private static Option<bool> Host() => new("--host") { Description = "For a node, which is asked; without, for a requester, who asks." };

    private static void CheckNames(CommandResult result, Argument<string[]> names, Option<bool> host)
    {
        foreach (var text in result.GetValue(names) ?? [])
        {
            if (CertificateName.Parse(text) is not { } name)
            {
                result.AddError($"'{text}' identifies nobody: write a DNS name (van-12.example.net), a URI (urn:example:fleet) or, with --host, an IP address");
            }
            else if (name.Form == CertificateNameForm.Address && !result.GetValue(host))
            {
                result.AddError($"'{text}' is where a host is, not who asks: name a requester by a DNS name or a URI, or say --host");
            }
        }
    }

    private static CertificateName[] WhomOf(ParseResult parse, Argument<string[]> names) => [.. parse.GetValue(names)!.Select(CertificateName.Parse).OfType<CertificateName>().Distinct()];

    private static CertificatePurpose PurposeOf(ParseResult parse, Option<bool> host) => parse.GetValue(host) ? CertificatePurpose.Host : CertificatePurpose.Requester;

    private static TimeSpan Span(ParseResult parse, Option<int> days) => TimeSpan.FromDays(parse.GetValue(days));

    private static Option<int> Days(int usual)
    {
        var option = new Option<int>("--days") { Description = "For how long it is valid.", HelpName = "number", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<int>() is < 1 or > MostDays)
            {
                result.AddError($"--days is a whole number from 1 to {MostDays}");
            }
        });
        return option;
    }
}
