namespace HarmonyDB.Cli.Playground;

/// <summary>Copies the lines of a node to its log file and keeps the last few for an error message.</summary>
/// <remarks>Safe for concurrent use: a node's output and error streams meet here.</remarks>
internal sealed class LogTail : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StreamWriter _file;
    private readonly Queue<string> _last = new();
    private readonly int _capacity;

    public LogTail(string path, int capacity)
    {
        _capacity = capacity;
        _file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lock)
            {
                return [.. _last];
            }
        }
    }

    /// <summary>Copies until the stream ends.</summary>
    public async Task PumpAsync(TextReader source)
    {
        while (await source.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _file.WriteLine(line);
                _last.Enqueue(line);
                if (_last.Count > _capacity)
                {
                    _last.Dequeue();
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
