using Waymark.PathExamination;
using Waymark.PathExamination.DomainNames;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Units;

namespace Waymark.Nodes;

/// <summary>How paths are probed, and who is answered.</summary>
internal sealed partial class NodeParser
{
    private KeyValuePair<string, ProbeSettings> ProbeBlock()
    {
        var opener = Last;
        var name = TryTake("default") ? "default" : Name("the name of a path, or 'default'");
        var settings = ProbeSettings.Default;
        List<ProbeTarget>? targets = null;
        Action Targets(Func<ProbeTarget> one) => () => Single(null, () => (targets ??= []).AddRange(List(one)));
        var before = Source.Errors;
        Block("probe", opener, new(StringComparer.Ordinal)
        {
            ["icmp"] = Targets(() => new ProbeTarget.Icmp(Address("a target"))),
            ["stamp"] = Targets(() => new ProbeTarget.Stamp(
                Address("a reflector"), TryTake("port") ? Port() : ProbeTarget.Stamp.UsualPort, TryTake("key") ? KeyFile() : null)),
            ["tcp"] = Targets(() =>
            {
                var address = Address("a server");
                Expect("port", "behind the server's address");
                return new ProbeTarget.Tcp(address, Port());
            }),
            ["http"] = Targets(() => new ProbeTarget.Http(Url(), TryTake("expect") ? Status() : ProbeTarget.Http.UsualStatus)),
            ["dns"] = Targets(() => new ProbeTarget.Dns(Address("a name server"), TryTake("name") ? NameToAsk() : ProbeTarget.Dns.UsualName)),
            ["bfd"] = Targets(() => new ProbeTarget.Bfd(Address("a system"), TryTake("multihop"), TryTake("every") ? Interval("the time between control packets") : null)),
            ["none"] = () => Single(null, () => targets ??= []),
            ["every"] = () => Single(null, () => settings = settings with { Every = Interval("the time between rounds"), IsPaceNamed = true }),
            ["train"] = () => Single(null, () =>
            {
                Expect("every", "behind 'train'");
                settings = settings with { TrainEvery = TrainInterval() };
            }),
            ["need"] = () => Single(null, () => settings = settings with { Need = AtLeastOne("a number of targets") }),
            ["down"] = () => Single(null, () =>
            {
                Expect("after", "behind 'down'");
                settings = settings with { DownAfter = AtLeastOne("a number of rounds") };
            }),
            ["up"] = () => Single(null, () =>
            {
                Expect("after", "behind 'up'");
                settings = settings with { UpAfter = AtLeastOne("a number of rounds") };
            }),
            ["degraded"] = () => Single(null, () => settings = settings with { DegradedWhen = Claim("degraded") ?? settings.DegradedWhen }),
            ["restored"] = () => Single(null, () => settings = settings with { RestoredWhen = Claim("restored") ?? settings.RestoredWhen }),
        });
        if (settings.TrainEvery is not null && targets?.Any(target => target is ProbeTarget.Stamp) != true && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, opener.End, "'train' needs a reflector that sends its packets back", "add 'stamp ADDRESS;'");
        }
        return new(name, targets is null ? settings : settings with { Targets = targets.ToEquatableArray(), AreTargetsNamed = true });
    }

    private BudgetPeriod Period()
    {
        var word = Now;
        foreach (var per in Enum.GetValues<BudgetPeriod>())
        {
            if (TryTake(ProbeAllowance.Word(per)))
            {
                return per;
            }
        }
        throw Fail("WAY1012", word, $"a budget is per 'day', 'week' or 'month', found {word}", NearestWord.Mend(word.Text, Enum.GetValues<BudgetPeriod>().Select(ProbeAllowance.Word)));
    }

    /// <summary>A claim about the path, in the policy language; null where it is wrong, which is reported.</summary>
    private Predicate? Claim(string keyword)
    {
        Expect("when", $"behind '{keyword}'");
        var start = Now.Start;
        var position = Position;
        while (Now.Kind != TokenKind.End && !Now.Is(";") && !Now.Is("}"))
        {
            Take();
        }
        if (PolicyLanguage.ParseClaim(Source.Text[start..Math.Max(start, Last.End)], Source.File, out var diagnostics) is { } claim)
        {
            Note(position, PolicyPrinter.Print(claim));
            return claim;
        }
        var first = diagnostics[0];
        Source.Error(first.Code, start + first.Column - 1, start + first.Column - 1 + first.Length, first.Message, first.Mend);
        return null;
    }

    private TimeSpan Interval(string what)
    {
        var token = Now;
        var interval = Duration(what);
        if (interval < ProbeSettings.LeastEvery)
        {
            Source.Error("WAY1008", token.Start, Last.End, $"{what} is at least {Unit.Print(ProbeSettings.LeastEvery)}");
            return ProbeSettings.Default.Every;
        }
        return interval;
    }

    private TimeSpan TrainInterval()
    {
        var token = Now;
        var interval = Duration("the time between trains");
        if (interval < ProbeSettings.LeastTrainEvery)
        {
            Source.Error("WAY1008", token.Start, Last.End, $"the time between trains is at least {Unit.Print(ProbeSettings.LeastTrainEvery)}");
        }
        return interval;
    }

    private int Port()
    {
        var token = Now;
        var port = (int)Integer("a port", ushort.MaxValue);
        if (port == 0)
        {
            Source.Error("WAY1008", token.Start, token.End, "a port is 1 to 65535");
        }
        return port;
    }

    private int Status()
    {
        var token = Now;
        var status = (int)Integer("a status", 599);
        if (status < 100)
        {
            Source.Error("WAY1008", token.Start, token.End, "a status of HTTP is 100 to 599");
        }
        return status;
    }

    private string NameToAsk()
    {
        var token = Now;
        var text = QuotedString("the name to ask for", PolicyLimits.TextLength);
        if (DomainName.TryParse(text) is null)
        {
            Source.Error("WAY1008", token.Start, token.End, $"{token} is no domain name", "write \"example.net\", other letters than a to z as \"xn--...\"");
        }
        return text;
    }

    private string Url(string what = "the address of a page", string example = "\"http://HOST/PAGE\" or \"https://HOST/PAGE\"")
    {
        var token = Now;
        var text = QuotedString(what, PolicyLimits.TextLength);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            Source.Error("WAY1008", token.Start, token.End, $"{token} is no {what["the ".Length..]}", $"write {example}");
        }
        return text;
    }

    private int AtLeastOne(string what)
    {
        var token = Now;
        var value = (int)Integer(what, 1000);
        if (value == 0)
        {
            Source.Error("WAY1008", token.Start, token.End, $"{what} is at least 1");
            return 1;
        }
        return value;
    }

    private void ReflectorBlock()
    {
        var opener = Last;
        var reflector = new ReflectorDeclaration(ProbeTarget.Stamp.UsualPort, null, []);
        var before = Source.Errors;
        Block("reflector", opener, new(StringComparer.Ordinal)
        {
            ["port"] = () => Single(null, () => reflector = reflector with { Port = Port() }),
            ["key"] = () => Single(null, () => reflector = reflector with { KeyFile = KeyFile() }),
            ["from"] = () => Single(null, () => reflector = reflector with { From = reflector.From.Concat(List(() => Prefix("an address or a prefix"))).ToEquatableArray() }),
        });
        if (node.Reflector is not null)
        {
            Source.Error("WAY1013", opener.Start, opener.End, "'reflector' is said twice", "remove one of them");
        }
        if (reflector is { KeyFile: null, From.IsEmpty: true } && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, opener.End, "'reflector' does not say whom it answers, and without a key that may not be everybody", "add 'from PREFIX;', or 'key \"FILE\";'");
        }
        node = node with { Reflector = reflector };
    }

    private string KeyFile() => QuotedString("the file that holds the key", PolicyLimits.TextLength);
}
