namespace Waymark.Lab.Control;

/// <summary>Why a system lets somebody make no network namespaces, and what would allow them: the kernel itself only says that it is not permitted.</summary>
internal static class NamespaceRefusal
{
    /// <summary>What forbids user namespaces to ordinary users: the knob, the value that forbids, one that allows, and who has the knob.</summary>
    private static readonly (string Knob, string Forbids, string Allows)[] OfUsers =
    [
        ("user/max_user_namespaces", "0", "15000"),
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ];

    /// <summary>What forbids the namespaces themselves, to root too.</summary>
    private static readonly (string Knob, string Forbids, string Allows)[] OfAll =
    [
        ("user/max_net_namespaces", "0", "15000"),
        ("user/max_mnt_namespaces", "0", "15000"),
    ];

    /// <summary>One sentence, and the mend.</summary>
    /// <param name="isRoot">Whether root asked.</param>
    /// <param name="said">What unshare(1), or what ran behind it, said.</param>
    /// <param name="read">Reads a knob by its path below <c>/proc/sys</c>; null: there is none.</param>
    public static string Explain(bool isRoot, string said, Func<string, string?> read)
    {
        foreach (var (knob, forbids, allows) in OfAll)
        {
            if (Is(knob, forbids, out var name))
            {
                return $"this system lets nobody make network namespaces ({name} is {forbids}): allow them with '{(isRoot ? "" : "sudo ")}sysctl {name}={allows}'";
            }
        }
        foreach (var (knob, forbids, allows) in isRoot ? [] : OfUsers)
        {
            if (Is(knob, forbids, out var name))
            {
                return $"this system lets no ordinary user make network namespaces ({name} is {forbids}): run it with sudo, or allow them with 'sudo sysctl {name}={allows}'";
            }
        }
        return $"no network namespaces of our own can be made ({said}): {(isRoot ? "in a container, start it with --privileged" : "run it with sudo")}";

        bool Is(string knob, string value, out string name)
        {
            name = knob.Replace('/', '.');
            return read(knob)?.Trim() == value;
        }
    }
}
