using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace HarmonyDB.Server.Tests;

/// <summary>Keeps every line that is logged, whatever its level.</summary>
internal sealed class RecordingLoggerFactory : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Records only.");

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose() => _lines.Clear();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => _lines.Enqueue($"{logLevel} {eventId.Name}: {formatter(state, exception)} {exception}");
}
