using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Exchange.Wire;
using Waymark.Linux.Netlink;
using Waymark.Nodes;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>What every call has in common: who calls, and how refusals go back.</summary>
internal static class Calls
{
    /// <summary>The caller: over the network whom his certificate identifies, on this host whom the kernel names.</summary>
    public static RequesterDeclaration Caller(this RequesterRights rights, ServerCallContext context)
    {
        var features = context.GetHttpContext().Features;
        return features.Get<RemoteCaller>()?.Requester ?? rights.RequesterOf(CallerBounds.UserOf(features.GetRequiredFeature<IConnectionSocketFeature>().Socket));
    }

    /// <summary>As which requester the caller would be let in at any later time; null: as none any more.</summary>
    public static Func<string?> Holder(this RequesterRights rights, ServerCallContext context)
    {
        var features = context.GetHttpContext().Features;
        if (features.Get<RemoteCaller>() is { } remote)
        {
            return remote.Now;
        }
        var user = CallerBounds.UserOf(features.GetRequiredFeature<IConnectionSocketFeature>().Socket);
        return () => rights.Find(user)?.Name;
    }

    /// <summary>Throws unless the caller may ask for anything: what concerns the whole node.</summary>
    public static void RequireAdministrator(this RequesterRights rights, ServerCallContext context)
    {
        var caller = rights.Caller(context);
        if (!caller.MayAdminister)
        {
            throw new RefusedException($"'{caller.Name}' may not administer the node: only a local user who 'may any' can, and whoever 'may administer' by the node file", [], isForbidden: true);
        }
    }

    /// <summary>Answers a call in gRPC's words without reading it (its protocol over HTTP/2, "Trailers-Only").</summary>
    public static void Refuse(HttpContext context, StatusCode code, string message)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
    }

    /// <summary>The way of a call past those that are packed: nothing of ours packs, and what is small before it is unpacked, so that it passes every bound, need not be so behind.</summary>
    public static Task UnpackedAsync(HttpContext context, Func<Task> next)
    {
        if (context.Request.Headers["grpc-encoding"].ToString() is "" or "identity")
        {
            return next();
        }
        Refuse(context, StatusCode.Unimplemented, "messages are taken as they are, not compressed");
        return Task.CompletedTask;
    }

    /// <summary>Runs a call and turns refusals into statuses.</summary>
    public static async Task<T> Answer<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (RefusedException refused)
        {
            throw Status(
                refused.IsForbidden ? StatusCode.PermissionDenied : refused.IsMissing ? StatusCode.NotFound : refused.IsUntimely ? StatusCode.FailedPrecondition : StatusCode.InvalidArgument, refused.Message, refused.Diagnostics);
        }
        catch (NetlinkException failed)
        {
            throw Status(StatusCode.FailedPrecondition, failed.Message, []);
        }
        catch (StoreException failed)
        {
            // Not Unavailable: so does a client's own library call it when no daemon answers.
            throw Status(StatusCode.FailedPrecondition, $"not accepted, and what was in force stays in force: {failed.Message}", []);
        }
    }

    /// <summary>A duration as it came; one that no clock could hold is the longest, and refused as too long.</summary>
    public static TimeSpan? LengthOf(Duration? wire) =>
        wire is null ? null : wire.Seconds is < 0 or > int.MaxValue || wire.Nanos is < 0 or > 999_999_999 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(wire.Seconds) + TimeSpan.FromTicks(wire.Nanos / 100);

    /// <summary>A message as far as it fits into a trailer, beside the mistakes: there may be names in it of whatever length, and many of them. In a trailer a character takes up to twelve bytes (gRPC over HTTP/2, "Status-Message").</summary>
    private static string Fitting(string message)
    {
        var bytes = 0;
        for (var at = 0; at < message.Length;)
        {
            var length = Rune.DecodeFromUtf16(message.AsSpan(at), out var rune, out var read) == OperationStatus.Done ? rune.Utf8SequenceLength : 3;
            bytes += rune.Value is >= ' ' and <= '~' and not '%' ? 1 : 3 * length;
            if (bytes > WireLimits.StatusBytes)
            {
                return message[..at] + "...";
            }
            at += read;
        }
        return message;
    }

    private static RpcException Status(StatusCode code, string message, EquatableArray<Diagnostic> diagnostics)
    {
        var failure = new V1.Failure();
        foreach (var diagnostic in diagnostics)
        {
            var wire = DecisionTranslation.ToWire(diagnostic);
            if (failure.Diagnostics.Count >= WireLimits.Diagnostics || failure.CalculateSize() + wire.CalculateSize() > WireLimits.DiagnosticBytes)
            {
                failure.LeftOff++;
                continue;
            }
            failure.Diagnostics.Add(wire);
        }
        return new(new(code, Fitting(message)), new Metadata { { "waymark-failure-bin", failure.ToByteArray() } });
    }
}
