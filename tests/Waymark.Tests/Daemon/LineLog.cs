using Microsoft.Extensions.Logging;

namespace Waymark.Tests.Daemon;

/// <summary>A log that is kept.</summary>
internal sealed class LineLog<T> : ILogger<T>
{
    private readonly List<string> lines = [];

    /// <summary>Called with each line, by whoever says it.</summary>
    public Action<string> Told { get; set; } = _ => { };

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>Waits until the newest line says something.</summary>
    public async Task Until(string said, CancellationToken cancellationToken)
    {
        while (Lines is not [.., var last] || !last.Contains(said, StringComparison.Ordinal))
        {
            Assert.False(cancellationToken.IsCancellationRequested, $"'{said}' was not said, but:\n{string.Join('\n', Lines)}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{formatter(state, exception)} {exception?.Message}".TrimEnd();
        lock (lines)
        {
            lines.Add(line);
        }
        Told(line);
    }
}
