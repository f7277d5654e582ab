using Microsoft.Data.Sqlite;

namespace Waymark.Daemon.Store;

/// <summary>The state could not be read or written: says where, why, and what mends it. The file is as it was.</summary>
internal sealed class StoreException : Exception
{
    /// <summary>Less than a page group of SQLite's: nothing can be written.</summary>
    private const long Nothing = 64 * 1024;

    /// <summary>SQLITE_FULL, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_BUSY, SQLITE_LOCKED (sqlite.org/rescode.html).</summary>
    private const int Full = 13, ReadOnly = 8, CannotOpen = 14, NotPermitted = 3, Corrupt = 11, NotADatabase = 26, Busy = 5, Locked = 6;

    /// <summary>Of what SQLite said of the file in <paramref name="directory"/>.</summary>
    public StoreException(string directory, SqliteException cause)
        : base($"the state in {directory} cannot be kept: {Reason(directory, cause)} ({cause.Message})", cause)
    {
    }

    /// <summary>Of what must not be used.</summary>
    public StoreException(string fault)
        : base($"the state is not used: {fault}")
    {
    }

    /// <summary>Of a directory that cannot be had.</summary>
    public StoreException(string directory, Exception cause)
        : base($"the state directory {directory} cannot be used: {cause.Message}; see to it that waymarkd may write there, or name another with --state-directory", cause)
    {
    }

    private static string Reason(string directory, SqliteException cause) => cause.SqliteErrorCode switch
    {
        _ when cause.SqliteErrorCode == Full || IsFull(directory) => $"the disk that holds it is full; free some space there ('df {directory}') and try again",
        ReadOnly or CannotOpen or NotPermitted => "it cannot be written; see to its owner, its rights and how its disk is mounted",
        Corrupt or NotADatabase => $"{System.IO.Path.Combine(directory, StateStore.FileName)} is damaged; move it away and start again: policy files count as before, sets accepted over the socket have to be applied again",
        Busy or Locked => "another program has it open, perhaps a waymarkd of another network namespace; end that, or name another directory with --state-directory",
        _ => "the disk fails; look at the kernel's log ('dmesg')",
    };

    private static bool IsFull(string directory)
    {
        try
        {
            return new System.IO.DriveInfo(directory).AvailableFreeSpace < Nothing;
        }
        catch (Exception unknown) when (unknown is System.IO.IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Not even that can be told: SQLite's own word has to do.
            return false;
        }
    }
}
