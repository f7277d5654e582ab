using System.IO;
using System.Text;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>A file that holds the key of an authenticated session: one line, hexadecimal or text, which nobody but its owner may read.</summary>
public static class StampKeyFile
{
    /// <summary>More is no key but some other file.</summary>
    private const int MostBytes = 4096;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads it; null, and why, where that cannot be done or should not be.</summary>
    public static StampKey? Read(string file, out string? refusal)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            // Only where there are such modes can they be trusted.
            if (!OperatingSystem.IsLinux() || (File.GetUnixFileMode(stream.SafeFileHandle) & Others) != 0)
            {
                refusal = $"the key file '{file}' may be read by others; say 'chmod 600 {file}'";
                return null;
            }
            var bytes = new byte[MostBytes];
            var key = StampKey.FromText(Encoding.UTF8.GetString(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false))));
            refusal = key is null ? $"the key file '{file}' does not hold one line of hexadecimal digits or text" : null;
            return key;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            refusal = $"the key file '{file}' cannot be read: {unreadable.Message}";
            return null;
        }
    }
}
