using System.Globalization;
using System.Text;

namespace Waymark.Fuzzing.Targets;

/// <summary>
/// Any bytes as a policy set: each is a choice among the ways to go on, and where there are no more the first way is taken. Nearly every input is a set that is accepted so, and what a byte changes is a claim, a path or an order and
/// not a letter: what lies behind the reader is reached.
/// </summary>
internal ref struct PolicyChoices
{
    private const int MostPolicies = 6, Deepest = 2;

    private readonly StringBuilder text = new();
    private ReadOnlySpan<byte> rest;
    private int policies;

    private PolicyChoices(ReadOnlySpan<byte> bytes) => rest = bytes;

    /// <summary>The set, as text of the language.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var choices = new PolicyChoices(bytes);
        do
        {
            choices.Statement(0);
        }
        while (!choices.rest.IsEmpty && choices.policies < MostPolicies);
        return choices.text.ToString();
    }

    private int Next(int ways)
    {
        if (rest.IsEmpty)
        {
            return 0;
        }
        var choice = rest[0] % ways;
        rest = rest[1..];
        return choice;
    }

    private string Pick(params ReadOnlySpan<string> ways) => ways[Next(ways.Length)];

    private void Statement(int depth)
    {
        if (Next(4) == 3 && depth < Deepest)
        {
            text.Append("when ").Append(Condition()).Append(" {\n");
            Statement(depth + 1);
            if (Next(2) == 1)
            {
                text.Append("} otherwise {\n");
                Statement(depth + 1);
            }
            text.Append("}\n");
            return;
        }
        policies++;
        text.Append(CultureInfo.InvariantCulture, $"p{policies}: ").Append(Flows()).Append(Action()).Append(";\n");
    }

    private string Condition() => Pick("", "", "not ") + Pick("any", "every", "no", "count") switch
    {
        "count" => $"count path ({Claim()}) >= {1 + Next(3)}",
        var which => $"{which} path ({Claim()})",
    };

    private string Flows()
    {
        var family = Pick("", "ip4 ", "ip6 ");
        var protocol = Pick("any", "tcp", "udp", "sctp", "esp", "icmp", "proto 47");
        var peer = family switch
        {
            "ip4 " => Pick("", " peer 198.51.100.0/24", " peer 10.0.0.0/8", " peer 10.1.0.0/16"),
            "ip6 " => Pick("", " peer 2001:db8::/32", " peer 2001:db8:1::/48"),
            _ => Pick("", " peer 10.0.0.0/8", " peer 2001:db8::/32", " peer 10.1.0.0/16 | 2001:db8:1::/48"),
        };
        var port = protocol is "tcp" or "udp" or "sctp" ? Pick("", " port 53", " port 1000-2000", " port {53, 1500}") : "";
        return family + protocol + peer + port + Pick("", "", " started here", " started peer");
    }

    private string Action()
    {
        var kind = Next(8);
        if (kind < 2)
        {
            return kind == 0 ? " drop" : " default";
        }
        var require = kind is 2 or 5 ? "" : $" require {Claim()}{(Next(2) == 1 ? $", {Claim()}" : "")}";
        var choice = kind switch
        {
            2 or 3 => $" prefer {Criterion()}{(Next(2) == 1 ? $", {Criterion()}" : "")}",
            4 => "",
            5 or 6 => " balance" + Pick("", " by bandwidth", " by delay") + Pick("", " per flow", " per local"),
            _ => " duplicate",
        };
        var fallback = require.Length == 0 ? "" : Pick("", " else drop", " else default", " else closest", " else lowest cost", $" else require {Claim()} else drop");
        return require + choice + fallback + Pick("", "", " established move", " established keep") + Pick("", "", " lifetime 5 s");
    }

    private string Criterion() => Pick("lowest delay", "lowest cost", "highest bandwidth", "lowest jitter", "lowest delay within 10 ms", "highest bandwidth within 20 %") + Lasting();

    private string Claim() => Pick(
        $"delay < {10 + (10 * Next(8))} ms", "metered", "not metered", "up", "medium = wifi", $"cost < {Next(4)}", $"bandwidth > {Next(4)}0 Mbit/s", "jitter < 5 ms", "label \"name\" = \"lte\"",
        $"(medium = cellular or delay < {10 + (10 * Next(8))} ms)", "not (metered and up)") + Lasting();

    private string Lasting() => Pick("", "", "", " for 5 s", " for 1 h");
}
