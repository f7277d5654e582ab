using System.CommandLine;

namespace Waymark.Cli.Commands;

/// <summary>Completion scripts: each asks the program itself what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _waymark() { local IFS=$'\n'; COMPREPLY=($(compgen -W "$(waymark "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")); }
        complete -o default -F _waymark waymark
        """;

    private const string Zsh = """
        _waymark() { local -a words; words=("${(@f)$(waymark "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}"); compadd -- $words || _files; }
        compdef _waymark waymark
        """;

    private const string Fish = """
        complete -c waymark -a '(waymark "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
        """;

    public static Command Completion()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a completion script: source <(waymark completion bash)") { shell };
        command.SetAction(parse => Console.WriteLine(parse.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return command;
    }
}
