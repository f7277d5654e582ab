using Waymark.Benchmarks;
using Waymark.Benchmarks.Load;

// Run by ./bench, in namespaces of its own. Wall time on a machine that others use too: compare rows of one run, not runs.
var sections = new Dictionary<string, Action<Results>>(StringComparer.Ordinal)
{
    ["decision"] = DecisionRows.Add,
    ["lookup"] = LookupRows.Add,
    ["conflicts"] = ConflictRows.Add,
    ["verify"] = VerificationRows.Add,
    ["compile"] = CompileRows.Add,
    ["packets"] = PacketRows.Add,
    ["loading"] = LoadingRows.Add,
    ["loss"] = PathLossRows.Add,
    ["failure"] = FailureRows.Add,
    ["programs"] = ProgramRows.Add,
    ["lab"] = LabRows.Add,
    ["examiner"] = ExaminerRows.Add,
    ["accuracy"] = AccuracyRows.Add,
    ["load"] = LoadRows.Add,
    ["peers"] = PeerRows.Add,
    ["measurements"] = MeasurementRows.Add,
};
var wanted = args.Skip(1).ToList();
if (wanted.Find(name => !sections.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"bench: there is no part '{unknown}'; there are {string.Join(", ", sections.Keys)}");
    return 2;
}
var results = new Results();
foreach (var (name, add) in sections)
{
    // Without the recorded networks there is nothing to replay.
    if (wanted.Count == 0 ? name != "measurements" || Environment.GetEnvironmentVariable("WAYMARK_DATA") is not null : wanted.Contains(name))
    {
        add(results);
    }
}
results.Write(args[0]);
return 0;
