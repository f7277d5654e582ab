using System.IO;
using System.Text;

namespace Waymark.Cli;

/// <summary>Files that others read at any moment: there with all their content, or not at all, whatever dies meanwhile.</summary>
internal static class WholeFile
{
    /// <summary>What certificates and lists are: anybody may read them.</summary>
    public const UnixFileMode Public = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>What keys are: their owner's alone, from the first byte.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file that is not there yet.</summary>
    /// <exception cref="IOException">It is there, or the disk refuses.</exception>
    public static void Create(string path, ReadOnlySpan<char> text, UnixFileMode mode) => Write(path, text, mode, replaces: false);

    /// <summary>Writes a file in place of the one of its name, with its rights. A link stays one.</summary>
    /// <exception cref="IOException">It is not there, or the disk refuses.</exception>
    public static void Replace(string path, ReadOnlySpan<char> text)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        Write(target, text, File.GetUnixFileMode(target), replaces: true);
    }

    private static void Write(string path, ReadOnlySpan<char> text, UnixFileMode mode, bool replaces)
    {
        // In the same folder, so that moving is renaming. CreateNew follows no link that somebody left there.
        var beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, $".{System.IO.Path.GetRandomFileName()}");
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        try
        {
            using (var file = new FileStream(beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode, BufferSize = 0 }))
            {
                if (replaces)
                {
                    // Whatever the umask says of new files.
                    File.SetUnixFileMode(file.SafeFileHandle, mode);
                }
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            File.Move(beside, path, replaces);
        }
        finally
        {
            Array.Clear(bytes);
            // Gone unless something failed before it was moved.
            File.Delete(beside);
        }
    }
}
