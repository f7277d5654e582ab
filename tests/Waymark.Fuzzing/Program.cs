using SharpFuzz;
using Waymark.Fuzzing;
using Waymark.Fuzzing.Targets;

const string Usage = """
    Waymark.Fuzzing list                      the targets
    Waymark.Fuzzing instrument DIRECTORY      rewrites the assemblies of a copy of this program so that they tell afl-fuzz which branches an input takes
    Waymark.Fuzzing seeds TARGET DIRECTORY    writes what to begin with
    Waymark.Fuzzing corpus TARGET DIRECTORY   writes what earlier runs found worth keeping
    Waymark.Fuzzing words TARGET FILE         writes what inputs are made of, as afl-fuzz -x takes it
    Waymark.Fuzzing keep DIRECTORY            writes inputs as a corpus is kept, to standard output
    Waymark.Fuzzing run TARGET [planted]      takes inputs from afl-fuzz, or one from standard input; planted: with a bug in its way
    """;

switch (args)
{
    case ["list"]:
        Console.WriteLine(string.Join('\n', AllTargets.All.Select(target => target.Name)));
        return 0;
    case ["instrument", var directory]:
        Instrument(directory);
        return 0;
    case ["seeds", var name, var directory]:
        Write(AllTargets.Of(name).Seeds, directory, "seed");
        return 0;
    case ["corpus", var name, var directory]:
        Write(Corpus.Of(name), directory, "kept");
        return 0;
    case ["words", var name, var file]:
        System.IO.File.WriteAllLines(file, AllTargets.Of(name).Words.Select(word => $"\"{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
        return 0;
    case ["keep", var directory]:
        Corpus.Write(Console.Out, directory);
        return 0;
    case ["run", var name, .. var how] when how is [] or ["planted"]:
        // What is rewritten can run only from within.
        Fuzzer.Run(stream => Take(AllTargets.Of(name), stream, isPlanted: how.Length > 0));
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static void Write(IEnumerable<byte[]> inputs, string directory, string what)
{
    foreach (var (i, input) in inputs.Index())
    {
        System.IO.File.WriteAllBytes(System.IO.Path.Combine(directory, $"{what}-{i:d4}"), input);
    }
}

static void Instrument(string directory)
{
    foreach (var (name, isOurs) in new (string, Func<string, bool>)[]
    {
        ("Waymark.dll", _ => true), ("Waymark.Linux.dll", _ => true), ("Waymark.Exchange.dll", type => !type.Contains("Reflection", StringComparison.Ordinal)),
        // The targets too: what they ask of an input leads to the inputs that they ask for.
        ("Waymark.Fuzzing.dll", type => type.StartsWith("Waymark.Fuzzing.Targets.", StringComparison.Ordinal)),
    })
    {
        Console.WriteLine($"{name}: {Fuzzer.Instrument(System.IO.Path.Combine(directory, name), isOurs, Options.Value).Count()} types");
    }
}

static void Take(FuzzTarget target, System.IO.Stream stream, bool isPlanted)
{
    using var input = new System.IO.MemoryStream();
    stream.CopyTo(input);
    try
    {
        if (target.Take(input.ToArray()) && isPlanted)
        {
            throw new InvalidOperationException("the planted bug");
        }
    }
    catch (Exception fault) when (Environment.GetEnvironmentVariable("__AFL_SHM_ID") is null)
    {
        Console.Error.WriteLine(fault);
        throw;
    }
}
