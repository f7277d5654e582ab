using System.Globalization;
using Waymark.ConditionDecision;
using Waymark.Daemon.Loop;
using Waymark.Exchange;
using Waymark.Exchange.Certificates;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Daemon.Requests;

/// <summary>Who asks, and what he may ask for, as the node file in force says.</summary>
internal sealed class RequesterRights(NodeBook node, ReconcileLoop loop, DaemonOptions options)
{
    /// <summary>How many times a part of what is asked for may be held against a part of what is allowed, a set: some seconds of work.</summary>
    private const long MostComparisons = 10_000_000;

    /// <summary>How many names of a certificate a message has.</summary>
    private const int MostNames = 4;

    private Declarations declared = new(NodeFile.Default);

    /// <summary>Whose sets the files of the policy directory are.</summary>
    public RequesterDeclaration FileOwner => Declared.FileOwner;

    /// <summary>The requester of that name; null where there is none (any more).</summary>
    public RequesterDeclaration? Find(string name) => Declared.Find(name);

    /// <summary>Who a local user is here; null where nobody.</summary>
    public RequesterDeclaration? Find(uint user)
    {
        var (name, number) = (NameOf(user), Number(user));
        var found = node.Node.Requesters.FirstOrDefault(one => one.User is { } known && (known == name || known == number));
        return found is null ? null : found with { MayAdminister = found.MayAdminister || found.MayAny };
    }

    /// <summary>Who the holder of a certificate is here; throws <see cref="RefusedException"/> where nobody, or it bears the names of several: nobody takes the better of two ranks.</summary>
    /// <param name="names">Whom the certificate identifies, which was found to count.</param>
    public RequesterDeclaration RequesterOf(EquatableArray<CertificateName> names)
    {
        var found = Declared.RequestersOf(names);
        var shown = string.Join(", ", names.Take(MostNames).Select(name => $"'{ForeignText.Show(name.Text)}'"));
        return found switch
        {
            [var only] => only,
            [] => throw new RefusedException($"the certificate of {shown} is of no requester of this node: its administrator can add "
                + $"'requester NAME {{ certificate \"{ForeignText.Show(names[0].Text)}\"; rank 10; may flows ...; }}' to {options.NodeFile}", [], isForbidden: true),
            _ => throw new RefusedException($"the certificate of {shown} is of several requesters of this node, {string.Join(" and ", found.Select(one => $"'{one.Name}'"))}: ask for one with one of these names", [], isForbidden: true),
        };
    }

    /// <summary>Which peer the holder of a certificate is; null where none, or it bears the names of several.</summary>
    /// <param name="names">Whom the certificate identifies, which was found to count.</param>
    public PeerDeclaration? PeerOf(EquatableArray<CertificateName> names) => Declared.PeersOf(names) is [var only] ? only : null;

    /// <summary>Who a local user is here; throws <see cref="RefusedException"/> where nobody.</summary>
    public RequesterDeclaration RequesterOf(uint user)
    {
        var name = NameOf(user);
        return Find(user)
            ?? throw new RefusedException($"user '{name ?? Number(user)}' is no requester of this node: its administrator can add "
                + $"'requester {name ?? "NAME"} {{ user {name ?? Number(user)}; rank 10; may flows by user {name ?? Number(user)}; }}' to {options.NodeFile}", [], isForbidden: true);
    }

    /// <summary>Throws <see cref="RefusedException"/> where the set asks for more than the requester may.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="set">For what.</param>
    /// <param name="isAgain">Whether it was allowed when it was accepted: that counts until it can be told what the rights mean now.</param>
    public void Check(RequesterDeclaration requester, PolicySet set, bool isAgain = false)
    {
        if (requester.MayAny)
        {
            return;
        }
        if (requester.MayFlows.IsEmpty)
        {
            throw new RefusedException($"'{requester.Name}' may ask for no flows: the node's administrator can add 'may flows ...;' to it", [], isForbidden: true);
        }
        var names = loop.Inputs.Names;
        var rights = FlowResolution.Resolve(requester.MayFlows, [], names);
        if (isAgain && !rights.Problems.IsEmpty)
        {
            // After a start no domain has been resolved yet.
            return;
        }
        var comparisons = MostComparisons;
        var merged = PolicyMerge.Merge([new(new(requester.Name, requester.Rank), "", set, DateTimeOffset.UnixEpoch, [])], names);
        foreach (var policy in merged.Policies)
        {
            if (rights.Selector.TryContains(policy.Flows.Selector, ref comparisons) is not { } isAllowed)
            {
                throw new RefusedException(
                    $"line {policy.Policy.Place.Line}: whether '{requester.Name}' may ask for all of these flows takes too long to find out: split the set, or write its flows as '{PolicyPrinter.Print(requester.MayFlows)}' and narrower", [], isForbidden: true);
            }
            if (!isAllowed)
            {
                throw new RefusedException(
                    $"line {policy.Policy.Place.Line}: '{requester.Name}' may ask for '{PolicyPrinter.Print(requester.MayFlows)}' only, and '{PolicyPrinter.Print(policy.Policy.Flows)}' is more than that", [], isForbidden: true);
            }
        }
    }

    /// <summary>The name of a local user; null where the system knows none.</summary>
    public string? NameOf(uint user) => user == 0 ? "root" : loop.Inputs.Names.Users.FirstOrDefault(one => one.Value == user).Key;

    private Declarations Declared
    {
        get
        {
            // Two who find another file at once make the same twice.
            var (known, file) = (Volatile.Read(ref declared), node.Node);
            if (!ReferenceEquals(known.File, file))
            {
                Volatile.Write(ref declared, known = new(file));
            }
            return known;
        }
    }

    private static string Number(uint user) => user.ToString(CultureInfo.InvariantCulture);
}
