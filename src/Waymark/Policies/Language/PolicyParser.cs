namespace Waymark.Policies.Language;

/// <summary>
/// Reads policy sets by recursive descent, one token of look-ahead (two for <c>NAME :</c>). After a mistake it goes on with the next statement, so that all
/// independent mistakes are found in one run. Where its statements stand is kept in <see cref="Spans"/> for the formatter.
/// </summary>
internal sealed partial class PolicyParser(SourceText source) : TokenReader(source)
{
    /// <summary>How many definitions are looked at for what unknown names may have meant, all of them together; who has more unknown names than that allows mends one thing.</summary>
    private const int MostLookedAt = 300_000;

    private readonly List<(string Name, Token Token)> references = [];
    private readonly Dictionary<string, FlowDefinition> definitions = new(StringComparer.Ordinal);

    /// <summary>Names whose definition could not be read: what uses them is not wrong for that.</summary>
    private readonly HashSet<string> broken = new(StringComparer.Ordinal);

    /// <summary>Whether a definition was given up before its name was known, the one at hand or any: an unknown name may be it.</summary>
    private bool isNameLost, areNamesLost;

    /// <summary>How many policies, rules and definitions have been read.</summary>
    private int count;

    /// <summary>From the first character of each statement and definition to behind its last.</summary>
    public Dictionary<object, (int Start, int End)> Spans { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Where the first block of each rule opens and where it closes.</summary>
    public Dictionary<PolicyRule, (int Start, int End)> Blocks { get; } = new(ReferenceEqualityComparer.Instance);

    public PolicySet Read()
    {
        var found = new List<FlowDefinition>();
        var statements = new List<Statement>();
        while (Now.Kind != TokenKind.End)
        {
            if (Now.Is("}"))
            {
                Source.Error("WAY0003", Now.Start, Now.End, "this '}' closes nothing", "remove it");
                Take();
                continue;
            }
            var start = Now;
            try
            {
                if (IsWord("flow"))
                {
                    found.Add(Mark(Definition(), start));
                }
                else
                {
                    statements.Add(Mark(Statement(), start));
                }
            }
            catch (SyntaxException)
            {
                // Reported where it was found; the statement is given up.
                areNamesLost |= isNameLost;
                isNameLost = false;
                SkipStatement(start, StartsStatement);
            }
        }
        CheckReferences();
        return new() { Definitions = found.ToEquatableArray(), Statements = statements.ToEquatableArray() };
    }

    /// <summary>A claim about a path and nothing else.</summary>
    public Predicate ReadPredicate() => ReadAll(Predicate);

    /// <summary>A flow and nothing else.</summary>
    public EquatableArray<Flow> ReadFlows()
    {
        var flows = ReadAll(Flows);
        CheckReferences();
        return flows;
    }

    public Predicate ReadClaim() => ReadAll(Predicate);

    private T ReadAll<T>(Func<T> read)
    {
        try
        {
            var one = read();
            return Now.Kind == TokenKind.End ? one : throw Unexpected("the end", Now.Kind == TokenKind.Word && Words.FlowStarts.Contains(Now.Text) ? FlowOrder : null);
        }
        catch (SyntaxException)
        {
            // Reported in the source's diagnostics, which the caller looks at first.
            return default!;
        }
    }

    private bool StartsStatement() => IsWord("flow") || IsWord("rule") || IsWord("when") || (Now.Kind is TokenKind.Word or TokenKind.String && Then.Is(":"));

    private T Mark<T>(T node, Token start)
        where T : class
    {
        Spans[node] = (start.Start, Last.End);
        return node;
    }

    private FlowDefinition Definition()
    {
        Take();
        var token = Now;
        isNameLost = true;
        var name = Name("the name of a flow");
        Expect("=", "behind the flow's name");
        isNameLost = false;
        broken.Add(name);
        var head = Now;
        var definition = new FlowDefinition(name, Flows()) { Place = Source.PlaceOf(token.Start) };
        ExpectSemicolon(() => "',' and another flow, or ';'");
        CheckNesting(head, PolicyNesting.Of(definition.Flows));
        broken.Remove(name);
        CountStatement(head);
        if (!definitions.TryAdd(name, definition))
        {
            Source.Error("WAY1002", token.Start, token.End, $"the flow '{name}' is defined at line {definitions[name].Place.Line} already", "give one of them another name");
        }
        return definition;
    }

    /// <summary>Counts a policy, a rule or a definition; the first that is more than a set may have is reported.</summary>
    private void CountStatement(Token start)
    {
        if (++count == PolicyLimits.Statements + 1)
        {
            Source.Error("WAY0015", start.Start, start.End, $"a set has at most {PolicyLimits.Statements} policies, rules and definitions, and this is one more", "split it: each file in the policy directory is a set of its own");
        }
    }

    private Statement Statement()
    {
        CountStatement(Now);
        if (IsWord("rule") || IsWord("when"))
        {
            return Nested(Rule);
        }
        if (IsWord("flow"))
        {
            throw Fail("WAY0001", Now, "flows are defined outside of rules", "move the definition to the top level");
        }
        if (IsWord("otherwise"))
        {
            throw Fail("WAY0001", Now, "this 'otherwise' follows no 'when' block");
        }
        // "port {22, 80}" and "proto {6, 17}" start flows.
        if (Now.Kind == TokenKind.Word && Then.Is("{") && !Words.FlowStarts.Contains(Now.Text))
        {
            var opener = Now;
            _ = Unexpected("a statement", NearestWord.Mend(opener.Text, ["otherwise", "when"]) ?? "blocks stand behind 'when' and 'otherwise'");
            // Whatever it was to be, what it holds is read.
            return new PolicyRule { Condition = new Condition.Always(), Then = Nested(() => Block(Take(), "otherwise")) };
        }
        return Policy();
    }

    private PolicyRule Rule()
    {
        var start = Now;
        string? name = null;
        int? priority = null;
        Condition condition = new Condition.Always();
        try
        {
            if (TryTake("rule"))
            {
                name = Name("the name of a rule");
                if (TryTake("priority"))
                {
                    priority = (int)Integer("a priority", int.MaxValue);
                }
            }
            Expect("when", "and the rule's condition");
            var head = Now;
            condition = Condition();
            CheckNesting(head, PolicyNesting.Of(condition));
        }
        catch (SyntaxException)
        {
            // Reported; what the rule holds is read nevertheless.
            while (!Now.Is("{") && !Now.Is(";") && !Now.Is("}") && Now.Kind != TokenKind.End)
            {
                Take();
            }
            if (!Now.Is("{"))
            {
                throw;
            }
        }
        var open = Now.Start;
        var then = Block(start, "when");
        var close = Last.Start;
        var hasOtherwise = IsWord("otherwise");
        EquatableArray<Statement> otherwise = [];
        if (hasOtherwise)
        {
            otherwise = Block(Take(), "otherwise");
        }
        var rule = new PolicyRule
        {
            Name = name,
            Priority = priority,
            Condition = condition,
            Then = then,
            Otherwise = otherwise,
            HasOtherwise = hasOtherwise,
            Place = Source.PlaceOf(start.Start),
        };
        Blocks[rule] = (open, close);
        return rule;
    }

    private EquatableArray<Statement> Block(Token opener, string what)
    {
        if (!TryTake("{"))
        {
            throw Unexpected(what == "when" ? "'and', 'or', 'for' or '{' behind the condition" : "'{' behind 'otherwise'");
        }
        var statements = new List<Statement>();
        while (!TryTake("}"))
        {
            if (Now.Kind == TokenKind.End)
            {
                Source.Error("WAY0003", opener.Start, opener.End, $"the block of this '{opener.Text}' is never closed", "add '}'");
                break;
            }
            var start = Now;
            try
            {
                statements.Add(Mark(Statement(), start));
            }
            catch (SyntaxException)
            {
                // Reported where it was found; the statement is given up.
                SkipStatement(start, StartsStatement);
            }
        }
        return statements.ToEquatableArray();
    }

    /// <summary>What could not be told while reading, for definitions may follow their use.</summary>
    private void CheckReferences()
    {
        var looked = 0;
        foreach (var (name, token) in references)
        {
            if (definitions.ContainsKey(name) || broken.Contains(name) || WellKnownApplications.TryFind(name, out _))
            {
                continue;
            }
            looked = Math.Min(MostLookedAt, looked + definitions.Count);
            var near = NearestWord.Mend(name, (looked < MostLookedAt ? definitions.Keys : Enumerable.Empty<string>()).Concat(Words.FlowStarts).Concat(WellKnownApplications.Names));
            if (near is not null || !areNamesLost)
            {
                Source.Error("WAY1001", token.Start, token.End, $"no flow is called '{name}'", near ?? $"define it: flow {PolicyPrinter.Name(name)} = ...;");
            }
        }
        foreach (var (definition, cycle) in DefinitionOrder.Cycles(definitions))
        {
            var (start, end) = Spans[definition];
            if (cycle is null)
            {
                Source.Error("WAY0008", start, end, $"the flow '{definition.Name}' stands on more than {DefinitionOrder.Deepest} definitions, each on the next", "write some of them out");
            }
            else
            {
                Source.Error("WAY1003", start, end, $"the flow '{definition.Name}' is defined by itself: {string.Join(" -> ", cycle)}");
            }
        }
    }
}
