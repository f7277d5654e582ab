using System.Globalization;
using Waymark.Paths;

namespace Waymark.Policies.Language;

/// <summary>Conditions and claims about paths. <c>for</c> binds to the operand before it, tighter than <c>and</c>, <c>and</c> tighter than <c>or</c>.</summary>
internal sealed partial class PolicyParser
{
    private Condition Condition() => Chain("or", () => Chain("and", ConditionFor, all => new Condition.And(all)), all => new Condition.Or(all));

    private Predicate Predicate() => Chain("or", () => Chain("and", PredicateFor, all => new Predicate.And(all)), all => new Predicate.Or(all));

    private T Chain<T>(string word, Func<T> operand, Func<EquatableArray<T>, T> join)
    {
        var first = operand();
        if (!IsWord(word))
        {
            return first;
        }
        var operands = new List<T> { first };
        while (TryTake(word))
        {
            var start = Now;
            Add(operands, operand(), start);
        }
        return join(operands.ToEquatableArray());
    }

    private Condition ConditionFor()
    {
        var condition = ConditionNot();
        for (var levels = 0; TryTake("for"); levels++)
        {
            RefuseNesting(levels);
            condition = new Condition.For(condition, Duration("the time behind 'for'"));
        }
        return condition;
    }

    private Condition ConditionNot() => TryTake("not") ? new Condition.Not(Nested(ConditionNot)) : SingleCondition();

    private Condition SingleCondition()
    {
        var start = Now;
        if (TryTake("("))
        {
            var inner = Nested(Condition);
            Expect(")", "behind the condition");
            return inner;
        }
        switch (start.Kind == TokenKind.Word ? start.Text : "")
        {
            case "always":
                Take();
                return new Condition.Always();
            case "any" or "every" or "no":
                Take();
                Expect("path", $"behind '{start.Text}'");
                return new Condition.Quantified(start.Text switch { "any" => Quantifier.Any, "every" => Quantifier.Every, _ => Quantifier.No }, Now.Is("(") ? Parenthesized() : null);
            case "count":
            {
                Take();
                Expect("path", "behind 'count'");
                var predicate = Now.Is("(") ? Parenthesized() : null;
                var comparison = Comparison("'<', '<=', '>', '>=', '=' or '!=' behind what is counted");
                return new Condition.Count(predicate, comparison, (int)Integer("a number of paths", int.MaxValue));
            }
            case "path":
                Take();
                return new Condition.NamedPath(QuotedString("the path's name"), Parenthesized());
            case "time":
            {
                Take();
                var from = Time();
                Expect("-", "between two times of day");
                return new Condition.Time(from, Time());
            }
            case "day":
                Take();
                return Day();
            case "peer":
            {
                Take();
                var peer = Name("a peer's name");
                Expect("connected", "behind the peer's name");
                return new Condition.PeerConnected(peer);
            }
        }
        if (start.Kind == TokenKind.Word && (Characteristic.TryFind(start.Text, out _) || start.Text == "label"))
        {
            throw Fail("WAY0010", start, $"'{start.Text}' is a claim about a path: a condition says of which paths", $"did you mean 'any path ({start.Text} ...)'?");
        }
        throw Unexpected("a condition", start.Kind == TokenKind.Word ? NearestWord.Mend(start.Text, ["always", "any", "every", "no", "count", "path", "time", "day", "peer", "not"]) : null);
    }

    /// <summary>How many errors were about a word that is unknown where a word is right.</summary>
    private int wrongWords;

    private Predicate Parenthesized()
    {
        Expect("(", "and a claim about the path");
        var before = Source.Errors - wrongWords;
        var predicate = Nested(Predicate);
        if (!Now.Is(")") && Source.Errors - wrongWords > before)
        {
            // What is wrong inside may well have cost the parenthesis its end; a word that is merely unknown has not.
            throw new SyntaxException();
        }
        Expect(")", "behind the claim");
        return predicate;
    }

    private TimeOnly Time()
    {
        if (Now.Kind != TokenKind.Time)
        {
            throw Unexpected("a time of day as 22:00");
        }
        var token = Take();
        if (TimeOnly.TryParseExact(token.Text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time;
        }
        Source.Error("WAY1008", token.Start, token.End, $"there is no {token.Text} on the clock", token.Text == "24:00" ? "midnight is 00:00" : null);
        return TimeOnly.MinValue;
    }

    private Condition.Day Day()
    {
        if (Now.Kind != TokenKind.Word)
        {
            throw Unexpected("a day as mon, or days as mon-fri");
        }
        var token = Take();
        var parts = token.Text.Split('-');
        var from = DayOf(parts[0], token);
        if (parts.Length > 2)
        {
            throw Fail("WAY1012", token, "days are one, or from one to another", "mon-fri");
        }
        if (parts.Length == 2)
        {
            return new(from, DayOf(parts[1], token));
        }
        return new(from, TryTake("-") ? DayOf(Now.Text, Take()) : from);
    }

    private DayOfWeek DayOf(string word, Token token)
    {
        var index = Array.IndexOf(Words.Days, word);
        return index >= 0 ? (DayOfWeek)index
            : throw Fail("WAY1012", token, $"no day is called '{word}'", NearestWord.Mend(word, Words.Days) ?? $"days are {string.Join(", ", Words.Days)}");
    }

    private Predicate PredicateFor()
    {
        var predicate = PredicateNot();
        for (var levels = 0; TryTake("for"); levels++)
        {
            RefuseNesting(levels);
            predicate = new Predicate.For(predicate, Duration("the time behind 'for'"));
        }
        return predicate;
    }

    private Predicate PredicateNot() => TryTake("not") ? new Predicate.Not(Nested(PredicateNot)) : SinglePredicate();

    private Predicate SinglePredicate()
    {
        if (Now.Is("("))
        {
            return Parenthesized();
        }
        if (TryTake("label"))
        {
            var key = QuotedString("the label's key");
            var equal = Equality("'=' or '!=' behind the label's key");
            return new Predicate.Label(key, equal, QuotedString("the label's value", PolicyLimits.TextLength));
        }
        if (Now.Kind != TokenKind.Word || Words.Reserved.Contains(Now.Text))
        {
            throw Unexpected("a claim about the path, such as 'delay < 80 ms' or 'not metered'");
        }
        var token = Take();
        if (!Characteristic.TryFind(token.Text, out var characteristic))
        {
            Source.Error("WAY1004", token.Start, token.End, $"no characteristic is called '{token.Text}'",
                NearestWord.Mend(token.Text, Characteristic.All.Select(one => one.Name)) ?? "one that another program provides has a dot in its name: lte.rsrp");
            wrongWords++;
            SkipComparison();
            return new Predicate.Flag(token.Text);
        }
        switch (characteristic.Kind)
        {
            case CharacteristicKind.Flag:
                if (IsComparison())
                {
                    Source.Error("WAY1005", token.Start, token.End, $"'{token.Text}' is true or false and is not compared", $"write '{token.Text}' or 'not {token.Text}'");
                    SkipComparison();
                }
                return new Predicate.Flag(token.Text);
            case CharacteristicKind.Name:
            {
                var equal = Equality($"'=' or '!=' behind '{token.Text}'");
                var word = Now;
                var text = Name($"a word that '{token.Text}' can be");
                if (!Characteristic.Media.Contains(text))
                {
                    Source.Error("WAY1012", word.Start, word.End, $"'{token.Text}' is never '{text}'", NearestWord.Mend(text, Characteristic.Media) ?? $"it is one of {string.Join(", ", Characteristic.Media)}");
                    wrongWords++;
                }
                return new Predicate.Is(token.Text, equal, text);
            }
            default:
            {
                if (!IsComparison())
                {
                    throw Unexpected($"'<', '<=', '>', '>=', '=' or '!=' behind '{token.Text}'");
                }
                var mark = Now;
                var comparison = Comparison("a comparison");
                if (comparison is Policies.Comparison.Equal or Policies.Comparison.NotEqual && characteristic.Name is not ("cost" or "mtu" or "quota"))
                {
                    Source.Warn("WAY2007", mark.Start, mark.End, $"a measured value is hardly ever exactly one number", "use '<=' or '>='");
                }
                return new Predicate.Compare(token.Text, comparison, Quantity($"'{token.Text}'", characteristic.IsOpen ? null : characteristic.Dimension));
            }
        }
    }

    private bool IsComparison() => Now.Kind == TokenKind.Mark && Now.Text is "<" or "<=" or ">" or ">=" or "=" or "!=";

    private Comparison Comparison(string expected)
    {
        if (!IsComparison())
        {
            throw Unexpected(expected);
        }
        return Take().Text switch
        {
            "<" => Policies.Comparison.Less,
            "<=" => Policies.Comparison.LessOrEqual,
            ">" => Policies.Comparison.Greater,
            ">=" => Policies.Comparison.GreaterOrEqual,
            "=" => Policies.Comparison.Equal,
            _ => Policies.Comparison.NotEqual,
        };
    }

    private bool Equality(string expected) => TryTake("=") || (TryTake("!=") ? false : throw Unexpected(expected));

    /// <summary>Passes over the comparison behind a word that was no characteristic, so that it is one mistake.</summary>
    private void SkipComparison()
    {
        if (!IsComparison())
        {
            return;
        }
        Take();
        TryTake("-");
        if (Now.Kind == TokenKind.Number)
        {
            Take();
            if (Now.Is("%") || (Now.Kind == TokenKind.Word && !Words.Reserved.Contains(Now.Text)))
            {
                Take();
            }
            else if (Now.Is("/"))
            {
                Take();
                Take();
            }
        }
        else if (Now.Kind is TokenKind.Word or TokenKind.String)
        {
            Take();
        }
    }
}
