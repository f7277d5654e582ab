using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Waymark.Cli.Display;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>Saying what only another program knows of a path.</summary>
internal static class CharacteristicCommands
{
    public static Command Characteristic() => new("characteristic", "Says what only another program knows of a path: a modem's signal, a price, an amount of data left.") { Set(), Clear() };

    private static Command Set()
    {
        var path = Path();
        var said = new Argument<string[]>("said") { Description = "NAME VALUE [for DURATION], as in 'lte.rsrp -97 for 30 s', 'bandwidth 20 Mbit/s', 'metered yes'.", Arity = ArgumentArity.OneOrMore };
        return new Command("set", "Says a characteristic of a path, for a time or until it is cleared.") { path, said }.Asks(async (client, parse, cancellationToken) =>
        {
            var words = string.Join(' ', parse.GetValue(said)!);
            if (PolicyLanguage.ParseSetting(words, "characteristic", out var diagnostics) is not var (setting, lasting))
            {
                Invocation.Write(diagnostics, words);
                return ExitCodes.BadInput;
            }
            var request = new V1.SetCharacteristicsRequest { Path = parse.GetValue(path)!, Settings = { CharacteristicTranslation.ToWire(setting) }, Duration = lasting is { } time ? Duration.FromTimeSpan(time) : null };
            var answer = await client.Characteristics.SetCharacteristicsAsync(request, cancellationToken: cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
                return ExitCodes.Done;
            }
            foreach (var one in answer.Characteristics)
            {
                var standing = one.Standing == V1.OutsideStanding.InForce ? "" : $", {WireText.Standing(one.Standing)}";
                var until = lasting is null ? "" : $" for {Units.Unit.Print(lasting.Value)}";
                Console.WriteLine($"{one.Path}: {one.Characteristic.Name} {WireText.Value(one.Characteristic.Name, one.Characteristic.Measured)}{until}{standing} (revision {answer.Revision})");
            }
            return ExitCodes.Done;
        });
    }

    private static Command Clear()
    {
        var path = Path();
        var name = new Argument<string>("name") { Description = "The characteristic." };
        var requester = new Option<string>("--requester") { Description = "Who said it; without it: you.", DefaultValueFactory = _ => "" };
        return new Command("clear", "Takes back what was said.") { path, name, requester }.Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Characteristics.ClearCharacteristicAsync(
                new() { Path = parse.GetValue(path)!, Name = parse.GetValue(name)!, Requester = parse.GetValue(requester)! }, cancellationToken: cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                Console.WriteLine($"{parse.GetValue(path)}: {parse.GetValue(name)} cleared (revision {answer.Revision})");
            }
            return ExitCodes.Done;
        });
    }

    private static Argument<string> Path() => new("path") { Description = "Its name or id ('waymark get paths' lists them); one that the node file declares may be away." };
}
