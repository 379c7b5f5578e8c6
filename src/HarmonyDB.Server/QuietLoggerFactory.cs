using Microsoft.Extensions.Logging;

namespace HarmonyDB.Server;

/// <summary>Passes on warnings and errors only: a web server's information is several lines for each request. The factory behind it stays the caller's.</summary>
internal sealed class QuietLoggerFactory : ILoggerFactory
{
    private readonly ILoggerFactory _target;

    public QuietLoggerFactory(ILoggerFactory target)
    {
        _target = target;
    }

    public void AddProvider(ILoggerProvider provider) => _target.AddProvider(provider);

    public ILogger CreateLogger(string categoryName) => new QuietLogger(_target.CreateLogger(categoryName));

    public void Dispose()
    {
        // Nothing of its own; the loggers it made stay valid.
    }

    private sealed class QuietLogger : ILogger
    {
        // Kestrel warns that a clear-text port with both protocols speaks HTTP/1.1 only. Here it does not: HttpVersionDetector sees to it.
        private const string UntrueWarning = "Http2DisabledWithHttp1AndNoTls";

        private readonly ILogger _target;

        public QuietLogger(ILogger target)
        {
            _target = target;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => _target.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && _target.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning && eventId.Name != UntrueWarning)
            {
                _target.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
