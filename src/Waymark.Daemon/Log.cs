using Microsoft.Extensions.Logging;
using Waymark.Paths;

namespace Waymark.Daemon;

/// <summary>Every message of the daemon, with a number that stays.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "waymarkd {Version} starts: node file {NodeFile}, policies in {PolicyDirectory}, state in {StateDirectory}, socket {Socket}")]
    public static partial void Starting(ILogger log, string version, string nodeFile, string policyDirectory, string stateDirectory, string socket);

    [LoggerMessage(2, LogLevel.Information, "revision {Revision} in force: {Rules} rules in {Classes} classes, {Milliseconds:0.0} ms")]
    public static partial void Applied(ILogger log, ulong revision, int rules, int classes, double milliseconds);

    [LoggerMessage(3, LogLevel.Error, "the last good state stays in force: {Reason}; next try at {RetryAt:HH:mm:ss.fff}")]
    public static partial void ApplyFailed(ILogger log, string reason, DateTimeOffset retryAt);

    [LoggerMessage(4, LogLevel.Warning, "somebody else had changed our rules in the kernel; mended")]
    public static partial void Repaired(ILogger log);

    [LoggerMessage(5, LogLevel.Warning, "flows of {Path} could not be ended at once: {Reason}")]
    public static partial void KillRefused(ILogger log, PathId path, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{Diagnostic}")]
    public static partial void Diagnosed(ILogger log, string diagnostic);

    [LoggerMessage(7, LogLevel.Error, "{File} is not taken; what it said before stays in force")]
    public static partial void FileRefused(ILogger log, string file);

    [LoggerMessage(8, LogLevel.Error, "the stored policy set {Set} cannot be read and is left out")]
    public static partial void StoredSetBroken(ILogger log, string set);

    [LoggerMessage(9, LogLevel.Information, "{Requester} {Change} {Set}")]
    public static partial void SetChanged(ILogger log, string requester, string change, string set);

    [LoggerMessage(10, LogLevel.Critical, "{Message}")]
    public static partial void Fatal(ILogger log, string message);

    [LoggerMessage(11, LogLevel.Warning, "probes of {Path} cannot be sent: {Reason}")]
    public static partial void ProbeFault(ILogger log, PathId path, string reason);

    [LoggerMessage(31, LogLevel.Warning, "answers over {Path} are no good: {Reason}")]
    public static partial void ProbeFinding(ILogger log, PathId path, string reason);

    [LoggerMessage(30, LogLevel.Information, "the probe budget of {Path}, {Allowance}, allows a round every {Interval:0.#} s: a silent failure is told within {Detection:0.#} s")]
    public static partial void ProbesStretched(ILogger log, PathId path, Waymark.PathExamination.ProbeAllowance allowance, double interval, double detection);

    [LoggerMessage(12, LogLevel.Error, "{Reason}")]
    public static partial void StoreFailed(ILogger log, string reason);

    [LoggerMessage(14, LogLevel.Warning, "established flows could not be looked through: {Reason}")]
    public static partial void SweepRefused(ILogger log, string reason);

    [LoggerMessage(15, LogLevel.Information, "{Classes} strict classes are in force; nothing of theirs leaves until waymarkd runs")]
    public static partial void Guarded(ILogger log, int classes);

    [LoggerMessage(16, LogLevel.Error, "a decision could not be recorded: {Reason}")]
    public static partial void RecordFailed(ILogger log, string reason);

    [LoggerMessage(17, LogLevel.Information, "routes had gone with a link or an address that is back; set again")]
    public static partial void Renewed(ILogger log);

    [LoggerMessage(18, LogLevel.Warning, "another program uses numbers of ours: {Clash} (the node file is {NodeFile})")]
    public static partial void Clash(ILogger log, Linux.FilterRuleInstallation.TerritoryClash clash, string nodeFile);

    [LoggerMessage(19, LogLevel.Critical, "not started, and nothing changed, for another program uses numbers of ours: {Clash} (the node file is {NodeFile})")]
    public static partial void Refused(ILogger log, Linux.FilterRuleInstallation.TerritoryClash clash, string nodeFile);

    [LoggerMessage(20, LogLevel.Information, "{Requester} says {Name} {Value} of {Path}")]
    public static partial void OutsideSet(ILogger log, string requester, string name, CharacteristicValue value, string path);

    [LoggerMessage(21, LogLevel.Information, "{Requester} no longer says {Name} of {Path}: cleared")]
    public static partial void OutsideCleared(ILogger log, string requester, string name, string path);

    [LoggerMessage(22, LogLevel.Information, "{Requester} no longer says {Name} of {Path}: its time is over")]
    public static partial void OutsideExpired(ILogger log, string requester, string name, string path);

    [LoggerMessage(23, LogLevel.Information, "metrics are served at http://{Endpoint}/metrics")]
    public static partial void MetricsServed(ILogger log, System.Net.IPEndPoint endpoint);

    [LoggerMessage(24, LogLevel.Warning, "metrics cannot be served at {Endpoint}: {Reason}; tried again every {Seconds} s")]
    public static partial void MetricsRefused(ILogger log, System.Net.IPEndPoint endpoint, string reason, double seconds);

    [LoggerMessage(65, LogLevel.Information, "metrics are pushed to {Url}")]
    public static partial void MetricsPushed(ILogger log, string url);

    [LoggerMessage(66, LogLevel.Warning, "metrics are not taken by {Url} as they should be: {Reason}; pushed again each time that they are due")]
    public static partial void MetricsPushFailed(ILogger log, string url, string reason);

    [LoggerMessage(25, LogLevel.Information, "the reflector listens on UDP port {Port}, {Mode}")]
    public static partial void ReflectorStarted(ILogger log, int port, string mode);

    [LoggerMessage(26, LogLevel.Information, "the reflector has ended: the node file says something else of it now")]
    public static partial void ReflectorStopped(ILogger log);

    [LoggerMessage(27, LogLevel.Error, "no reflector runs, and it is tried again: {Reason}")]
    public static partial void ReflectorRefused(ILogger log, string reason);

    [LoggerMessage(44, LogLevel.Warning, "another program may get in the way: {Clash}")]
    public static partial void InTheWay(ILogger log, Linux.FilterRuleInstallation.TerritoryClash clash);

    [LoggerMessage(45, LogLevel.Warning, "traffic on paths is not fully read: {Reason}")]
    public static partial void TrafficUnread(ILogger log, string reason);

    [LoggerMessage(13, LogLevel.Information, "{Path} {Change}")]
    public static partial void PathChanged(ILogger log, string path, string change);

    [LoggerMessage(46, LogLevel.Error, "{File} has mistakes or cannot be read: what it said when it last had none counts")]
    public static partial void NodeFileRefused(ILogger log, string file);

    [LoggerMessage(40, LogLevel.Error, "what paths have carried is counted on in memory and cannot be kept: {Reason}; it will be kept as soon as that is mended")]
    public static partial void LedgerNotKept(ILogger log, string reason);

    [LoggerMessage(41, LogLevel.Information, "what paths have carried is kept again; nothing was left out")]
    public static partial void LedgerKeptAgain(ILogger log);

    [LoggerMessage(42, LogLevel.Warning, "what paths have carried could not be read, and will be with the next reading: {Reason}")]
    public static partial void CountersRefused(ILogger log, string reason);

    [LoggerMessage(43, LogLevel.Information, "{Requester} sets what {Path} has used ({Meter}) from {Before} B to {After} B")]
    public static partial void UsedSet(ILogger log, string requester, string path, string meter, long before, long after);

    [LoggerMessage(50, LogLevel.Information, "requesters of other hosts are listened for at {Endpoints}")]
    public static partial void RemoteListening(ILogger log, string endpoints);

    [LoggerMessage(51, LogLevel.Warning, "{Fault}")]
    public static partial void RemoteFault(ILogger log, string fault);

    [LoggerMessage(52, LogLevel.Information, "{File} is this node's certificate, until {Until:yyyy-MM-dd}; authorities and revocation lists were read")]
    public static partial void RemoteCredentialsRead(ILogger log, string file, DateTimeOffset until);

    [LoggerMessage(53, LogLevel.Error, "the audit log cannot be kept, and what is missing is counted: {Reason}")]
    public static partial void AuditNotKept(ILogger log, string reason);

    [LoggerMessage(54, LogLevel.Information, "the connection from {From} was ended: {Reason}")]
    public static partial void RemoteEnded(ILogger log, System.Net.IPEndPoint from, string reason);

    [LoggerMessage(60, LogLevel.Information, "peer {Peer} is connected, at {Endpoint}")]
    public static partial void PeerConnected(ILogger log, string peer, string endpoint);

    [LoggerMessage(61, LogLevel.Warning, "peer {Peer} is no longer connected: {Reason}")]
    public static partial void PeerLost(ILogger log, string peer, string reason);

    [LoggerMessage(62, LogLevel.Warning, "peer {Peer} is not connected: {Reason}")]
    public static partial void PeerUnreached(ILogger log, string peer, string reason);

    [LoggerMessage(63, LogLevel.Warning, "what peer {Peer} asked for has ended: {Reason}")]
    public static partial void PeerExpired(ILogger log, string peer, string reason);

    [LoggerMessage(64, LogLevel.Error, "a defect of waymarkd, in what it does for peer {Peer}; it goes on without that")]
    public static partial void PeerDefect(ILogger log, string peer, Exception defect);
}
