using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Policies.Language;

/// <summary>Reads what is said of a path from outside: <c>NAME VALUE [for DURATION]</c>, with the language's units.</summary>
internal sealed class SettingReader(SourceText source) : TokenReader(source)
{
    /// <summary>The setting and for how long it counts; null where there is a mistake, which has been reported.</summary>
    public (CharacteristicSetting Setting, TimeSpan? Lasting)? Read()
    {
        try
        {
            var setting = Setting();
            TimeSpan? lasting = TryTake("for") ? Duration("the time behind 'for'") : null;
            if (lasting == TimeSpan.Zero && !Source.HasErrors)
            {
                Source.Error("WAY1008", Last.Start, Last.End, "the time behind 'for' is more than nothing", "leave it out for 'until it is cleared'");
            }
            if (Now.Kind != TokenKind.End)
            {
                throw Unexpected(lasting is null ? "'for' and a duration, or nothing more" : "nothing more");
            }
            return Source.HasErrors ? null : (setting, lasting);
        }
        catch (SyntaxException)
        {
            // Reported.
            return null;
        }
    }

    private CharacteristicSetting Setting()
    {
        var token = Now.Kind == TokenKind.Word ? Take() : throw Unexpected("the name of a characteristic");
        var name = token.Text;
        if (OutsideNames.FaultOf(name, out var isKnown) is var (sentence, mend))
        {
            throw Fail(isKnown ? "WAY1022" : "WAY1004", token, sentence, mend);
        }
        Characteristic.TryFind(name, out var characteristic);
        switch (characteristic!.Kind)
        {
            case CharacteristicKind.Flag:
                return CharacteristicSetting.Of(name, TryTake("yes") || (TryTake("no") ? false : throw Unexpected($"'yes' or 'no' behind '{name}'")));
            case CharacteristicKind.Name:
                return CharacteristicSetting.Of(name, Medium(name));
            default:
                var first = Now;
                var number = Quantity($"the value of '{name}'", characteristic.IsOpen ? null : characteristic.Dimension);
                if (CharacteristicSetting.RangeFaultOf(name, number) is { } fault && !Source.HasErrors)
                {
                    Source.Error("WAY1008", first.Start, Last.End, fault);
                }
                return CharacteristicSetting.Of(name, number);
        }
    }

    private string Medium(string name)
    {
        var token = Now;
        var word = Name($"a word that '{name}' can be");
        if (!Characteristic.Media.Contains(word))
        {
            throw Fail("WAY1012", token, $"'{name}' is never '{word}'", NearestWord.Mend(word, Characteristic.Media) ?? $"it is one of {string.Join(", ", Characteristic.Media)}");
        }
        return word;
    }
}
