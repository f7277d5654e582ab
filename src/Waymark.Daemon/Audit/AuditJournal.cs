using System.IO;

namespace Waymark.Daemon.Audit;

/// <summary>
/// Records in files, one a line: appended to, on the disk when the call returns, and never changed. A file that has become long is put behind the others, of which the oldest goes: <c>NAME.log</c> is the newest,
/// then <c>NAME.1.log</c> and so on. Not for several threads at a time.
/// </summary>
/// <param name="directory">Where the files are.</param>
/// <param name="name">What they are called.</param>
/// <param name="longest">The length in bytes from which a file is put away.</param>
internal sealed class AuditJournal(string directory, string name, long longest = AuditJournal.LongestFile) : IDisposable
{
    /// <summary>The length from which a file is put away: some 20,000 records.</summary>
    public const long LongestFile = 4 << 20;

    /// <summary>How many files there are at most; with <see cref="LongestFile"/> 32 MiB.</summary>
    public const int Files = 8;

    private FileStream? file;

    /// <summary>Writes a record; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where the disk does not take it.</summary>
    public void Append(AuditRecord record)
    {
        try
        {
            file ??= Open();
            if (file.Length >= longest)
            {
                file.Dispose();
                file = null;
                PutAway();
                file = Open();
            }
            file.Write(record.ToLine());
            file.Flush(flushToDisk: true);
        }
        catch
        {
            // A part of the line may be in the file: the next one begins anew.
            file?.Dispose();
            file = null;
            throw;
        }
    }

    /// <summary>Every record, oldest first; what cannot be read is left out.</summary>
    public IEnumerable<AuditRecord> Read()
    {
        for (var age = Files - 1; age >= 0; age--)
        {
            if (!File.Exists(PathOf(age)))
            {
                continue;
            }
            using var reader = new StreamReader(new FileStream(PathOf(age), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            while (reader.ReadLine() is { } line)
            {
                if (AuditRecord.FromLine(line) is { } record)
                {
                    yield return record;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    private FileStream Open()
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var opened = new FileStream(PathOf(0), new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        if (opened.Length > 0)
        {
            // What was being written when the power failed stays a line of its own.
            opened.Write("\n"u8);
        }
        return opened;
    }

    private void PutAway()
    {
        for (var age = Files - 2; age >= 0; age--)
        {
            if (File.Exists(PathOf(age)))
            {
                File.Move(PathOf(age), PathOf(age + 1), overwrite: true);
            }
        }
    }

    private string PathOf(int age) => Path.Combine(directory, age == 0 ? $"{name}.log" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}.{age}.log"));
}
