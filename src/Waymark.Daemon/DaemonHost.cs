using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Api;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Metrics;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Daemon.Tariffs;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;

namespace Waymark.Daemon;

/// <summary>Composition: every part of the daemon, made and connected here and nowhere else.</summary>
internal static class DaemonHost
{
    /// <summary>
    /// Puts the stored policies in force as if no path were up, and ends: strict ones refuse everything from before the first link is up until the daemon says more. For
    /// the unit that runs before the network does.
    /// </summary>
    public static int Guard(DaemonOptions options)
    {
        using var services = Services(new ServiceCollection().AddLogging(Logging), options).BuildServiceProvider();
        var log = services.GetRequiredService<ILogger<Reconciler>>();
        try
        {
            using var single = SingleInstance.TryTake();
            if (single is null)
            {
                Console.Error.WriteLine("waymarkd guard: waymarkd runs already and is guard enough");
                return ExitCodes.Done;
            }
            services.GetRequiredService<PolicyBook>().Load();
            var node = services.GetRequiredService<NodeBook>().Node;
            if (!node.IsStrictAtBoot)
            {
                Console.WriteLine($"nothing to guard: {options.NodeFile} does not say 'strict at boot;'");
                return ExitCodes.Done;
            }
            IsTaken(node, options, log);
            var state = services.GetRequiredService<ReconcileLoop>().Inputs;
            var paths = BootPaths.Of(node);
            var decision = PathDecision.PathResolution.Decide(new()
            {
                Paths = paths,
                Characteristics = Paths.CharacteristicsSet.Empty,
                Policies = ConditionDecision.PolicyMerge.Merge(state.AllSets, state.Names),
                Settings = ReconcileLoop.SettingsOf(node),
                Previous = services.GetRequiredService<StateStore>().Memory(),
                Now = TimeProvider.System.GetUtcNow(),
            });
            using var dataPlane = services.GetRequiredService<IDataPlane>();
            var refused = dataPlane.Apply(decision.FilterRules, paths, losses: 0);
            foreach (var one in refused)
            {
                Log.Diagnosed(log, $"{one.Rule.Origin} cannot be enforced: {one.Reason}");
            }
            services.GetRequiredService<StateStore>().Keep(decision.Next);
            Log.Guarded(log, decision.FilterRules.Classes.Count(one => one.IsStrict));
            var strict = decision.FilterRules.Classes.Where(one => one.IsStrict).Select(one => one.Number).ToHashSet();
            var open = decision.FilterRules.Rules.Where(rule => strict.Contains(rule.Class)).Select(rule => rule.Origin).ToHashSet();
            return refused.Any(one => open.Contains(one.Rule.Origin)) ? ExitCodes.Failed : ExitCodes.Done;
        }
        catch (Exception failed) when (failed is RefusedException or NetlinkException or StoreException or System.IO.IOException or UnauthorizedAccessException)
        {
            Log.Fatal(log, failed.Message);
            return ExitCodes.Failed;
        }
    }

    /// <summary>The daemon, put together and not yet at work.</summary>
    /// <param name="options">Where it finds things.</param>
    /// <param name="activities">Adds what runs it.</param>
    public static WebApplication Build(DaemonOptions options, Action<IServiceCollection> activities)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Logging(builder.Logging);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        GrpcServices.Add(builder.Services);
        activities(Services(builder.Services, options).AddServices());
        builder.WebHost.ConfigureKestrel(kestrel => new CallerBounds(() => kestrel.ApplicationServices.GetRequiredService<ReconcileLoop>().Followed).Listen(kestrel, options.Socket));
        var app = builder.Build();
        app.Use((context, next) => context.RequestServices.GetRequiredService<AuditedCalls>().RecordAsync(context, () => next(context)));
        app.Use((context, next) => CallerBounds.BoundAsync(context, context.RequestServices.GetRequiredService<RequesterRights>(), next));
        app.Use((context, next) => Calls.UnpackedAsync(context, () => next(context)));
        GrpcServices.Map(app);
        return app;
    }

    /// <summary>Runs the daemon until it is told to stop; gives its exit code.</summary>
    public static async Task<int> RunAsync(DaemonOptions options, CancellationToken cancellationToken)
    {
        await using var app = Build(options, services => services.AddHostedService<Reconciler>());
        var log = app.Services.GetRequiredService<ILogger<Reconciler>>();
        try
        {
            using var single = SingleInstance.TryTake();
            if (single is null)
            {
                await Console.Error.WriteLineAsync("waymarkd: another waymarkd runs in this network namespace; stop it first ('systemctl stop waymarkd'), or ask it ('waymark status')");
                return ExitCodes.AlreadyRunning;
            }
            Log.Starting(log, DaemonVersion.Text, options.NodeFile, options.PolicyDirectory, options.StateDirectory, options.Socket);
            app.Services.GetRequiredService<PolicyBook>().Load();
            app.Services.GetRequiredService<PeerService>().Load();
            if (IsTaken(app.Services.GetRequiredService<NodeBook>().Node, options, log))
            {
                return ExitCodes.BadInput;
            }
            PrepareSocket(options.Socket);
            await app.StartAsync(cancellationToken);
            // Who may connect is decided by who they are (SO_PEERCRED), call by call.
            System.IO.File.SetUnixFileMode(options.Socket, (System.IO.UnixFileMode)0b110_110_110);
            await app.WaitForShutdownAsync(cancellationToken);
            return Environment.ExitCode;
        }
        catch (RefusedException refused)
        {
            foreach (var diagnostic in refused.Diagnostics.ToArray())
            {
                Console.Error.WriteLine(diagnostic);
            }
            Log.Fatal(log, refused.Message);
            return ExitCodes.BadInput;
        }
        catch (NetlinkException refused)
        {
            Log.Fatal(log, refused.Error == NetlinkException.NotPermitted ? $"{refused.Message}; waymarkd needs CAP_NET_ADMIN and CAP_NET_RAW: run it as root or by its systemd unit" : refused.Message);
            return ExitCodes.Failed;
        }
        catch (Exception failed) when (failed is System.IO.IOException or UnauthorizedAccessException or SocketException or StoreException)
        {
            Log.Fatal(log, failed.Message);
            return ExitCodes.Failed;
        }
    }

    /// <summary>
    /// Says what of ours others have. True where the daemon must not start: not where an earlier life's rules are in the kernel, for without a daemon they would go stale,
    /// and that is worse than the clash that they have lived with.
    /// </summary>
    private static bool IsTaken(Nodes.NodeFile node, DaemonOptions options, ILogger log)
    {
        var survey = new TerritorySurvey(Territory.Of(node), [.. node.Bypass]);
        var clashes = survey.Clashes();
        var isRefused = clashes.Any(one => one.IsCertain) && !survey.IsSettled();
        foreach (var clash in clashes)
        {
            if (isRefused && clash.IsCertain)
            {
                Log.Refused(log, clash, options.NodeFile);
            }
            else if (clash.Key is null)
            {
                Log.InTheWay(log, clash);
            }
            else
            {
                Log.Clash(log, clash, options.NodeFile);
            }
        }
        return isRefused;
    }

    private static void Logging(ILoggingBuilder logging)
    {
        logging.ClearProviders().AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Error);
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
        {
            // The journal has the time itself and takes the severity from the line (sd-daemon(3)).
            logging.AddSystemdConsole();
            return;
        }
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
    }

    private static IServiceCollection Services(IServiceCollection services, DaemonOptions options) => services
        .AddSingleton(options)
        .AddSingleton(TimeProvider.System)
        .AddSingleton(_ => new StateStore(options.StateDirectory))
        .AddSingleton<EventStream>()
        .AddSingleton<NodeBook>()
        .AddSingleton<PolicyDirectory>()
        .AddSingleton<RequesterRights>()
        .AddSingleton<ConflictBook>()
        .AddSingleton<AccountReading>()
        .AddSingleton<OutsideBook>()
        .AddSingleton<ISystemdNotifier, SystemdNotifier>()
        .AddSingleton<ProbeCounts>()
        .AddSingleton<StateInstruments>().AddSingleton<CollectionOnDemand>()
        .AddSingleton<KernelQuestion>()
        .AddSingleton<AuditLog>()
        .AddSingleton<AuditedCalls>()
        .AddSingleton<RemoteBounds>()
        .AddSingleton<RemoteAdmission>()
        .AddSingleton<RemoteStanding>()
        .AddSingleton<PeerStanding>()
        .AddSingleton<PeerAsks>()
        .AddSingleton<IDataPlane>(provider => new KernelDataPlane(
            () => provider.GetRequiredService<NodeBook>().Node, TimeProvider.System, provider.GetRequiredService<ILogger<KernelDataPlane>>(), FaultPoint.FromEnvironment()))
        .AddSingleton(provider => new TrafficReading(
            provider.GetRequiredService<IDataPlane>, provider.GetRequiredService<ReconcileLoop>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TrafficReading>>()))
        .AddSingleton(MakeLoop)
        .AddActivity<ReconcileLoop>().AddActivity<PolicyBook>().AddActivity<PathFollowing>().AddActivity<NameResolving>().AddActivity<ReachabilityKeeping>().AddActivity<UsageLedger>()
        .AddActivity<ReflectorOperation>().AddActivity<MetricsService>().AddActivity<MetricsPushService>().AddActivity<RemoteService>().AddActivity<PeerService>().AddActivity<AuditKeeping>().AddActivity<Supervision>();

    /// <summary>One of what goes on all the time, and the same one for whoever asks for it by its type.</summary>
    private static IServiceCollection AddActivity<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IServiceCollection services)
        where T : class, IActivity
    {
        services.TryAddSingleton<T>();
        return services.AddSingleton<IActivity>(provider => provider.GetRequiredService<T>());
    }

    private static ReconcileLoop MakeLoop(IServiceProvider provider)
    {
        var store = provider.GetRequiredService<StateStore>();
        var log = provider.GetRequiredService<ILogger<ReconcileLoop>>();
        var loop = new ReconcileLoop(new LateDataPlane(provider), provider.GetRequiredService<EventStream>(), memory =>
        {
            try
            {
                store.Keep(memory);
            }
            catch (StoreException failed)
            {
                // The decision stands; only the next start will know less.
                Log.StoreFailed(log, failed.Message);
            }
        }, DecisionRecorder.To(provider.GetRequiredService<DaemonOptions>().Record, log), store.Memory(), TimeProvider.System, log);
        loop.Post(inputs => inputs with
        {
            Disabled = store.Disabled().Select(one => KeyValuePair.Create(one.Key, one.Value)).ToEquatableArray(),
            Outside = store.Outside(),
            Names = provider.GetRequiredService<AccountReading>().With([]),
        });
        return loop;
    }

    private static void PrepareSocket(string path)
    {
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        if (!System.IO.File.Exists(path))
        {
            return;
        }
        try
        {
            using var file = System.IO.File.OpenRead(path);
        }
        catch (System.IO.IOException)
        {
            // A socket cannot be opened as a file.
            using var question = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                question.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException)
            {
                // Left over from a life that was killed: nobody listens there.
                System.IO.File.Delete(path);
                return;
            }
            throw new RefusedException($"another waymarkd answers at {path}: in another network namespace, for none runs in this one; name another socket (--socket)", []);
        }
        throw new RefusedException($"{path} is no socket: move it away, or name another socket (--socket)", []);
    }

    /// <summary>The kernel is first touched when there is something to say to it: by then the node file has been read.</summary>
    private sealed class LateDataPlane(IServiceProvider provider) : IDataPlane
    {
        private readonly Lazy<IDataPlane> real = new(provider.GetRequiredService<IDataPlane>);

        public IReadOnlyList<Linux.FilterRuleEncoding.RefusedRule> Apply(FilterRules.FilterRuleSet rules, Paths.PathSet paths, ulong losses) => real.Value.Apply(rules, paths, losses);

        public void Kill(Paths.PathId path, ulong loss) => real.Value.Kill(path, loss);

        public void ForgetFlows(Paths.PathId path) => real.Value.ForgetFlows(path);

        public bool Renew(FilterRules.FilterRuleSet rules, Paths.PathSet paths, ulong losses) => real.Value.Renew(rules, paths, losses);

        public bool Repair() => real.Value.Repair();

        public IReadOnlyDictionary<Paths.PathId, int> CountFlows() => real.Value.CountFlows();

        public IReadOnlyDictionary<Linux.SocketDiagnosis.FlowEnds, Paths.PathId> PathsOf(IReadOnlyCollection<Linux.SocketDiagnosis.FlowEnds> connections) => real.Value.PathsOf(connections);

        public void Sweep() => real.Value.Sweep();

        public IReadOnlyList<KernelPath> PathsOf(IReadOnlyList<Flows.Packet> packets, FilterRules.FilterRuleSet rules) => real.Value.PathsOf(packets, rules);

        public void Dispose()
        {
        }
    }
}
