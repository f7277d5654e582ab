using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Waymark.Conflicts;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Exchange.Wire;
using Waymark.FilterRules;
using Waymark.Nodes;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>Requesters hand in, take back and look at policy sets.</summary>
internal sealed class PolicyApi(PolicyBook book, RequesterRights rights, ConflictBook conflicts, ReconcileLoop loop, AuditedCalls audit, IHostApplicationLifetime lifetime) : V1.PolicyService.PolicyServiceBase
{
    private const int MostFlowChanges = 200;
    private const int MostConflicts = 200, MostOwnConflicts = 50;

    public override Task<V1.ApplyResponse> Apply(V1.ApplyRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        var caller = rights.Caller(context);
        var set = Read(request.PolicySet, request.Name);
        var done = book.Accept(caller, request.Name, set, Calls.LengthOf(request.ConfirmWithin), SubmissionOf(request, request.Submission));
        audit.Accepted(context, call => call.Applied(set, done));
        var answer = await AnswerAsync(caller.Name, request.Name, context.CancellationToken);
        answer.WasUnchanged = !done.IsChange;
        answer.WasRepeated = done.IsRepeated;
        answer.ConfirmBy = ConfirmByOf(caller, done);
        return answer;
    });

    public override Task Hold(V1.HoldRequest request, IServerStreamWriter<V1.HoldResponse> stream, ServerCallContext context) => Calls.Answer(async () =>
    {
        var caller = rights.Caller(context);
        var set = Read(request.PolicySet, request.Name);
        var (lease, isChange) = book.Hold(caller, request.Name, set, Calls.LengthOf(request.Grace) ?? TimeSpan.Zero, rights.Holder(context), LeaseOf(request.Lease));
        try
        {
            audit.Accepted(context, call => call.Applied(set, new([(caller.Name, request.Name)], isChange, IsInForce: true)));
            var answer = await AnswerAsync(caller.Name, request.Name, context.CancellationToken);
            answer.WasUnchanged = !isChange;
            await stream.WriteAsync(new() { Applied = answer, Lease = lease.Id.ToString() }, context.CancellationToken);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
            return await lease.Ended.WaitAsync(ended.Token) switch
            {
                LeaseEnd.Withdrawn => true,
                LeaseEnd.TakenOver => throw new RpcException(new(StatusCode.Aborted, $"another connection holds '{request.Name}' now")),
                LeaseEnd.Expelled => throw new RpcException(new(StatusCode.PermissionDenied, $"you are not let in as '{caller.Name}' any more, and '{request.Name}' has gone")),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new(StatusCode.Unavailable, "the daemon stops"));
        }
        finally
        {
            book.Lose(lease);
        }
    });

    public override Task<V1.ListConflictsResponse> ListConflicts(V1.ListConflictsRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        var report = ConflictAnalysis.Of(loop.Current.World.Policies);
        return Task.FromResult(new V1.ListConflictsResponse
        {
            Conflicts = { report.Conflicts.Take(request.Most == 0 ? MostConflicts : (int)Math.Min(request.Most, int.MaxValue)).Select(ConflictTranslation.ToWire) },
            Counts = { report.Conflicts.GroupBy(one => one.Kind).Select(kind => new V1.ConflictCount { Kind = ConflictTranslation.ToWire(kind.Key), Policies = (uint)kind.Count() }) },
            IsWhole = report.IsWhole,
        });
    });

    public override Task<V1.PlanResponse> Plan(V1.PlanRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        var caller = rights.Caller(context);
        var set = request.PolicySet is null ? null : Read(request.PolicySet, request.Name);
        var (now, policies, then) = loop.Plan(_ => book.With(caller, request.Name, set));
        var translation = new DecisionTranslation(now.NameOf);
        return Task.FromResult(new V1.PlanResponse
        {
            Policies = { PlannedChanges.Between(now.Standings, then.Standings.Zip(policies.Policies)).Select(Change) },
            Flows = { FlowChanges.Between(now.Enforced, then.FilterRules, MostFlowChanges).Select(Change) },
            Unresolved = { then.Unresolved.Where(one => one.Origin.Requester == caller.Name).Select(one => translation.ToWire(one, then.Reasons)) },
        });
    });

    public override Task<V1.WithdrawResponse> Withdraw(V1.WithdrawRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        var caller = rights.Caller(context);
        var done = book.Withdraw(
            caller, request.Requester.Length == 0 ? caller.Name : request.Requester, request.Name, Calls.LengthOf(request.ConfirmWithin), SubmissionOf(request, request.Submission),
            LeaseOf(request.Lease));
        audit.Accepted(context, call => call.Withdrawn(done));
        return new V1.WithdrawResponse { Revision = (await loop.SettleAsync(context.CancellationToken)).Revision, ConfirmBy = ConfirmByOf(caller, done), WasRepeated = done.IsRepeated, WasHeld = done.WasHeld };
    });

    public override Task<V1.UndoResponse> Undo(V1.UndoRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        var caller = rights.Caller(context);
        var done = book.Undo(caller, Calls.LengthOf(request.ConfirmWithin), SubmissionOf(request, request.Submission));
        audit.Accepted(context, call => call.Undone(done));
        return new V1.UndoResponse
        {
            Name = done.Name,
            IsInForce = done.IsInForce,
            Revision = (await loop.SettleAsync(context.CancellationToken)).Revision,
            ConfirmBy = ConfirmByOf(caller, done),
            WasRepeated = done.IsRepeated,
        };
    });

    public override Task<V1.ConfirmResponse> Confirm(V1.ConfirmRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        var done = book.Confirm(rights.Caller(context), context.GetHttpContext().Features.GetRequiredFeature<ConnectionStart>().Followed, SubmissionOf(request, request.Submission));
        audit.Accepted(context, call => call.Confirmed(done));
        return Task.FromResult(new V1.ConfirmResponse { Sets = { done.Sets.Select(one => new V1.SetName { Requester = one.Owner, Name = one.Name }) }, WasRepeated = done.IsRepeated });
    });

    public override Task<V1.ListPolicySetsResponse> ListPolicySets(V1.ListPolicySetsRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        var (unconfirmed, held) = (book.Unconfirmed, book.Held);
        return Task.FromResult(new V1.ListPolicySetsResponse
        {
            Sets =
            {
                loop.Current.World.Policies.Sets.Where(set => request.Requester.Length == 0 || set.Requester.Name == request.Requester).Select(set => new V1.AcceptedPolicySet
                {
                    Requester = set.Requester.Name,
                    Name = set.Name,
                    PolicySet = PolicySetTranslation.ToWire(set.Set, withPlaces: true),
                    AcceptedAt = DecisionTranslation.ToWire(set.AcceptedAt),
                    IsFile = book.IsFile(set.Requester.Name, set.Name),
                    ConfirmBy = DecisionTranslation.ToWire(unconfirmed.FirstOrDefault(one => one.Sets.AsSpan().Contains((set.Requester.Name, set.Name)))?.ConfirmBy),
                    IsHeld = held.Any(one => one.Requester == set.Requester.Name && one.Name == set.Name),
                }),
            },
        });
    });

    /// <summary>Until when a change may be confirmed: by now perhaps from when the kernel has followed.</summary>
    private Timestamp? ConfirmByOf(RequesterDeclaration caller, ChangeOutcome done) => DecisionTranslation.ToWire(done.ConfirmBy is null ? null : book.ConfirmByOf(caller.Name) ?? done.ConfirmBy);

    /// <summary>How a set that was handed in stands, once it is in force.</summary>
    private async Task<V1.ApplyResponse> AnswerAsync(string requester, string name, CancellationToken cancellationToken)
    {
        var now = await loop.SettleAsync(cancellationToken);
        var translation = new DecisionTranslation(now.NameOf);
        bool IsMine(PolicyOrigin origin) => origin.Requester == requester && origin.Set == name;
        return new()
        {
            Revision = now.Revision,
            Standings =
            {
                now.StandingsOf(requester).Where(one => IsMine(one.Standing.Origin)).OrderBy(one => one.Standing.Origin.Index)
                    .Select(one => DecisionTranslation.ToWire(one.Standing, one.Policy)),
            },
            Unresolved = { now.AllUnresolved.Where(one => IsMine(one.Origin)).Select(one => translation.ToWire(one, now.Decision.Reasons)) },
            Conflicts =
            {
                conflicts.Of(now.World.Policies).Of(requester, name).Where(one => one.Kind < ConflictKind.Generalised)
                    .Take(MostOwnConflicts).Select(ConflictTranslation.ToWire),
            },
        };
    }

    private static V1.FlowChange Change(FlowChange change) => new()
    {
        Selector = DecisionTranslation.ToWire(change.Flows),
        Family = DecisionTranslation.ToWire(change.Family),
        Before = change.Before is { } before ? DecisionTranslation.ToWire(before) : null,
        After = change.After is { } after ? DecisionTranslation.ToWire(after) : null,
        Origin = change.Origin is { } origin ? DecisionTranslation.ToWire(origin) : null,
    };

    private static V1.PolicyChange Change(PlannedChange planned)
    {
        var change = new V1.PolicyChange { Origin = DecisionTranslation.ToWire(planned.Origin), Policy = PolicySetTranslation.ToWire(planned.Policy, withPlaces: true) };
        if (planned.Before is { } was)
        {
            change.Before = DecisionTranslation.ToWire(was);
        }
        if (planned.After is { } becomes)
        {
            change.After = DecisionTranslation.ToWire(becomes);
        }
        return change;
    }

    /// <summary>By what a request is known again; null where its caller does not number it.</summary>
    private static Submission? SubmissionOf(IMessage request, string id)
    {
        if (id.Length == 0)
        {
            return null;
        }
        var number = NumberOf(id, "submission");
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(System.IO.Stream.Null, hash, CryptoStreamMode.Write))
        {
            // What kind of request it is, too.
            stream.Write(Encoding.UTF8.GetBytes(request.Descriptor.FullName));
            request.WriteTo(stream);
        }
        return new(number, hash.Hash!.ToEquatableArray());
    }

    private static Guid? LeaseOf(string id) => id.Length == 0 ? null : NumberOf(id, "lease");

    private static Guid NumberOf(string text, string what) => Guid.TryParseExact(text, "D", out var number) ? number
        : throw new RefusedException($"a {what} id is a UUID in its 36 characters: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'", []);

    private static PolicySet Read(V1.PolicySet? wire, string name)
    {
        var set = PolicySetTranslation.ToCore(wire ?? new(), name, out var diagnostics);
        diagnostics = set is null ? diagnostics : FlowReferences.Check(set, name);
        return set is not null && diagnostics.IsEmpty ? set
            : throw new RefusedException(diagnostics.Count == 1 ? "the policy set has a mistake" : $"the policy set has {diagnostics.Count} mistakes", diagnostics);
    }
}
