using System.CommandLine;

namespace Waymark.Cli.Commands;

/// <summary>
/// Completion scripts: each asks the program itself what may come next. Options are offered to who begins one; else they would keep the shell from offering files.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _waymark() {
            local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]} words
            words=$(waymark "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            case $word in -*) ;; *) words=$(grep '^[^-/]' <<< "$words") ;; esac
            COMPREPLY=($(compgen -W "$words" -- "$word"))
        }
        complete -o default -F _waymark waymark
        """;

    private const string Zsh = """
        _waymark() {
            local -a words; words=("${(@f)$(waymark "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            [[ $PREFIX == -* ]] || words=(${words:#[-\/]*})
            compadd -- $words || _files
        }
        compdef _waymark waymark
        """;

    private const string Fish = """
        complete -c waymark -a '(waymark "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null | string match -v -- "/*")'
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
