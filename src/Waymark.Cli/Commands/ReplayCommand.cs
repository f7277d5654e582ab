using System.CommandLine;
using Waymark.PathDecision;

namespace Waymark.Cli.Commands;

/// <summary>Decides recorded worlds again.</summary>
internal static class ReplayCommand
{
    public static Command Replay()
    {
        var file = new Argument<string>("file") { Description = "What 'waymarkd --record FILE' wrote." };
        var command = new Command("replay", "Decides a recording again and compares it byte by byte; needs no daemon. Exit 1 where something differs.") { file };
        command.SetAction(parse =>
        {
            int same = 0, differ = 0, number = 0;
            try
            {
                foreach (var line in System.IO.File.ReadLines(parse.GetValue(file)!))
                {
                    number++;
                    var (world, digest) = Recording.Read(line);
                    if (Recording.Digest(PathResolution.Decide(world)) == digest)
                    {
                        same++;
                        continue;
                    }
                    differ++;
                    Console.WriteLine($"line {number}, {world.Now:O}: decided otherwise");
                }
            }
            catch (Exception wrong) when (wrong is FormatException or System.IO.IOException or UnauthorizedAccessException)
            {
                Invocation.Fail(number == 0 ? wrong.Message : $"line {number}: {wrong.Message}");
                return ExitCodes.BadInput;
            }
            Console.WriteLine($"{same} decisions are the same, {differ} differ");
            return differ == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }
}
