using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Units;

namespace Waymark.Nodes;

/// <summary>Who may ask for what, and where those of other hosts are listened for.</summary>
internal sealed partial class NodeParser
{
    private void ListenBlock()
    {
        var opener = Last;
        var listen = new ListenDeclaration([], ListenDeclaration.UsualPort, "", "", "", null);
        var before = Source.Errors;
        Block("listen", opener, new(StringComparer.Ordinal)
        {
            ["address"] = () => Single(null, () => listen = listen with { Addresses = listen.Addresses.Concat(List(OwnAddress)).ToEquatableArray() }),
            ["port"] = () => Single(null, () => listen = listen with { Port = Port() }),
            ["certificate"] = () => Single(null, () => listen = listen with { CertificateFile = WholePath("the file that holds this node's certificate") }),
            ["key"] = () => Single(null, () => listen = listen with { KeyFile = WholePath("the file that holds its key") }),
            ["authority"] = () => Single(null, () => listen = listen with { AuthorityFile = WholePath("the file that holds the authorities' certificates") }),
            ["crl"] = () => Single(null, () => listen = listen with { RevocationFile = WholePath("the file that holds the authorities' revocation lists") }),
        });
        if (node.Listen is not null)
        {
            Source.Error("WAY1013", opener.Start, opener.End, "'listen' is said twice", "remove one of them: it may name several addresses");
        }
        string[] missing = [.. new (bool IsMissing, string Line)[]
        {
            (listen.Addresses.IsEmpty, "address [::];"), (listen.CertificateFile.Length == 0, "certificate \"FILE\";"), (listen.KeyFile.Length == 0, "key \"FILE\";"), (listen.AuthorityFile.Length == 0, "authority \"FILE\";"),
        }.Where(one => one.IsMissing).Select(one => $"'{one.Line}'")];
        if (missing.Length > 0 && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, opener.End, "'listen' does not say where, as whom and for whom", $"add {string.Join(", ", missing)} ('waymark pki' makes certificates)");
        }
        node = node with { Listen = listen };
    }

    private IpAddress OwnAddress()
    {
        var isBracketed = TryTake("[");
        var address = Address("where requesters come to");
        if (isBracketed)
        {
            Expect("]", "behind the address");
        }
        return address;
    }

    /// <summary>The daemon is started from anywhere: what is relative would mean another file each time.</summary>
    private string WholePath(string what)
    {
        var token = Now;
        var path = QuotedString(what, PolicyLimits.TextLength);
        if (!path.StartsWith('/'))
        {
            Source.Error("WAY1008", token.Start, token.End, $"{what} has to be named from '/' on, found {token}", $"write \"/etc/waymark/{path}\", if it is there");
        }
        return path;
    }

    private string CertifiedName(IEnumerable<(string Name, string? Certificate)> others, string kind)
    {
        var token = Now;
        var name = QuotedString("the name in the certificate", PolicyLimits.TextLength);
        if (IpAddress.TryParse(name, out _))
        {
            Source.Error("WAY1008", token.Start, token.End, $"an address is never who somebody is, found {token}", "write the DNS name or the URI that its certificate bears");
        }
        if (others.FirstOrDefault(other => string.Equals(other.Certificate, name, StringComparison.OrdinalIgnoreCase)) is { Name: { } same })
        {
            Source.Error("WAY1002", token.Start, token.End, $"whose certificate bears {token} is '{same}' already", $"give each {kind} a certificate of its own");
        }
        return name;
    }

    private RequesterDeclaration RequesterBlock(List<RequesterDeclaration> others)
    {
        var opener = Last;
        var token = Now;
        var requester = new RequesterDeclaration(Name("the name of a requester"), 100);
        if (others.Any(other => other.Name == requester.Name))
        {
            Source.Error("WAY1002", token.Start, token.End, $"a requester called '{requester.Name}' is declared already");
        }
        var before = Source.Errors;
        Block("requester", opener, new(StringComparer.Ordinal)
        {
            ["user"] = () => Single(null, () => requester = requester with { User = Name("a user's name") }),
            ["certificate"] = () => Single(null, () => requester = requester with { Certificate = CertifiedName(others.Select(other => (other.Name, other.Certificate)), "requester") }),
            ["rank"] = () => Single(null, () => requester = requester with { Rank = (int)Integer("a rank", int.MaxValue) }),
            ["may"] = May,
            ["confirm"] = () => Single(null, () => requester = requester with { ConfirmWithin = ConfirmationTime() }),
        });
        if (requester is { Name: "root", User: not ("root" or "0") } && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, token.End, "'root' is the requester of the user root, whose policies are the files of the policy directory", "take another name, or say 'user root;'");
        }
        else if (requester is { User: null, Certificate: null } && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, token.End, $"the requester '{requester.Name}' has neither user nor certificate, so nobody can be it", "add 'user NAME;', or 'certificate \"NAME\";'");
        }
        return requester;

        void May() => Single(null, () =>
        {
            if (TryTake("any"))
            {
                requester = requester with { MayAny = true };
                return;
            }
            if (TryTake("administer"))
            {
                requester = requester with { MayAdminister = true };
                return;
            }
            if (TryTake("set"))
            {
                requester = requester with { MaySet = requester.MaySet.Append(SettingRight()).ToEquatableArray() };
                return;
            }
            Expect("flows", "or 'any', 'set' or 'administer' behind 'may'");
            if (Flows() is { } flows)
            {
                requester = requester with { MayFlows = requester.MayFlows.Concat(flows).ToEquatableArray() };
            }
        });
    }

    private TimeSpan ConfirmationTime()
    {
        Expect("within", "behind 'confirm'");
        var token = Now;
        var time = Duration("the time to confirm");
        if (time < RequesterDeclaration.LeastConfirmation || time > RequesterDeclaration.MostConfirmation)
        {
            Source.Error("WAY1008", token.Start, Last.End, $"the time to confirm is {Unit.Print(RequesterDeclaration.LeastConfirmation)} to {Unit.Print(RequesterDeclaration.MostConfirmation)}", "write for example 'confirm within 60 s;'");
        }
        return time;
    }

    /// <summary>Flows up to the semicolon, in the policy language; null with a message where they are wrong.</summary>
    private EquatableArray<Flow>? Flows()
    {
        var start = Now.Start;
        var position = Position;
        // Ranges stand in braces; a brace that closes none of them closes the block.
        for (var braces = 0; Now.Kind != TokenKind.End && !Now.Is(";") && !(Now.Is("}") && braces == 0); Take())
        {
            braces += Now.Is("{") ? 1 : Now.Is("}") ? -1 : 0;
        }
        if (PolicyLanguage.ParseFlows(Source.Text[start..Math.Max(start, Last.End)], Source.File, out var diagnostics) is { } flows)
        {
            Note(position, PolicyPrinter.Print(flows));
            return flows;
        }
        var first = diagnostics[0];
        Source.Error(first.Code, start + first.Column - 1, start + first.Column - 1 + first.Length, first.Message, first.Mend);
        return null;
    }

    private SettingRight SettingRight()
    {
        var names = List(() =>
        {
            var token = Now.Kind == TokenKind.Word ? Take() : throw Unexpected("the name of a characteristic");
            if (OutsideNames.FaultOf(token.Text, out var isKnown) is var (sentence, mend))
            {
                Source.Error(isKnown ? "WAY1022" : "WAY1004", token.Start, token.End, sentence, mend);
            }
            return token.Text;
        });
        return new(names.ToEquatableArray(), TryTake("of") ? List(() => Name("a path's name")).ToEquatableArray() : []);
    }
}
