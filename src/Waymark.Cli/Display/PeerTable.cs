using System.Globalization;
using Spectre.Console;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>Other nodes, what is asked of them and what they ask.</summary>
internal static class PeerTable
{
    public static void Write(V1.ListPeersResponse answer)
    {
        if (answer.Peers.Count == 0)
        {
            Console.WriteLine("No peer. The node file names them: 'peer hq { address hq.example.net; certificate \"hq.example.net\"; prefix 10.1.0.0/16; }'.");
            return;
        }
        var now = answer.AsOf.ToDateTimeOffset();
        var table = Tables.Columns("NAME", "STATE", "SINCE", "AT", "ASKED", "INSTALLED", "ASKS", "INSTALLED", "LEASE");
        foreach (var peer in answer.Peers)
        {
            table.AddRow(
                new Text(peer.Name), new Text(peer.IsConnected ? "connected" : "not connected", new(peer.IsConnected ? Color.Green : Color.Red)), new Text(peer.Since is null ? "-" : WireText.Age(now - peer.Since.ToDateTimeOffset())),
                new Text(peer.Endpoint.Length > 0 ? peer.Endpoint : "-"), Number(peer.Asked.Count), Number(peer.Asked.Count(one => one.State == V1.RuleState.Installed)), Number(peer.Held.Count),
                Number(peer.Held.Count(one => one.State == V1.RuleState.Installed)), new Text(peer.LeaseUntil is null ? "-" : WireText.Age(peer.LeaseUntil.ToDateTimeOffset() - now)));
        }
        Invocation.Console.Write(table);
        foreach (var peer in answer.Peers)
        {
            if (peer.Fault.Length > 0)
            {
                Console.WriteLine($"{peer.Name}: {peer.Fault}");
            }
            foreach (var asked in peer.Asked)
            {
                Console.WriteLine($"{peer.Name} is asked {WireText.Origin(asked.Origin)}: {Became(asked.State, asked.Detail, peer.IsConnected)}");
            }
            foreach (var held in peer.Held)
            {
                Console.WriteLine($"{peer.Name} asks {(held.Name.Length > 0 ? held.Name : "what cannot be read")}: {Became(held.State, held.Detail, isConnected: true)}");
                foreach (var policy in held.Policies)
                {
                    Console.WriteLine($"    {WireText.Policy(policy)}");
                }
            }
        }
    }

    /// <summary>How a policy stands at peers, in words.</summary>
    public static string Standing(V1.PolicyStanding standing) =>
        standing.Peers.Count == 0 ? "at peer: none such" : string.Join("; ", standing.Peers.Select(one => $"at {one.Peer}: {Became(one.State, "", one.IsConnected)}"));

    /// <summary>What became of a rule, in words.</summary>
    public static string Became(V1.RuleState state, string detail, bool isConnected)
    {
        var word = state switch
        {
            V1.RuleState.Installed => "installed",
            V1.RuleState.Rejected => "rejected",
            V1.RuleState.Unresolved => "unresolved",
            V1.RuleState.Superseded => "superseded",
            V1.RuleState.Expired => "expired",
            _ => isConnected ? "asked" : "not asked yet",
        };
        return word + (isConnected || state is V1.RuleState.Expired or V1.RuleState.Unspecified ? "" : ", when last heard of") + (detail.Length > 0 ? $": {detail}" : "");
    }

    private static Text Number(int number) => new(number.ToString(CultureInfo.InvariantCulture));
}
