using System.Diagnostics;
using System.Globalization;

namespace HarmonyDB.Testing;

/// <summary>A node that runs as a process of its own: <c>harmony start --config FILE</c>. It can be killed and started again over the same folder.</summary>
/// <remarks>For one thread. Disposing it kills the process if it runs; never any other.</remarks>
public sealed class NodeProcess : IDisposable
{
    private const int ReportedLogBytes = 4096;

    private readonly string _configurationFile;
    private Process? _process;
    private bool _wasKilled;

    internal NodeProcess(string name, string folder, string dataFolder, int clientPort, string configurationFile, IReadOnlyList<string> wrapper)
    {
        Name = name;
        Folder = folder;
        DataFolder = dataFolder;
        ClientPort = clientPort;
        LogFile = Path.Combine(folder, "output.log");
        _configurationFile = configurationFile;
        Wrapper = wrapper;
    }

    /// <summary>The node's configured name.</summary>
    public string Name { get; }

    /// <summary>Folder with its configuration and what it printed.</summary>
    public string Folder { get; }

    /// <summary>Its data folder.</summary>
    public string DataFolder { get; }

    /// <summary>Where it serves clients, on the loopback.</summary>
    public int ClientPort { get; }

    /// <summary>The same as a URL.</summary>
    public Uri Endpoint => new($"http://127.0.0.1:{ClientPort}");

    /// <summary>A command and its arguments that it is run under the next time it is started; empty for none.</summary>
    public IReadOnlyList<string> Wrapper { get; set; }

    /// <summary>What the process prints, of all its lives.</summary>
    public string LogFile { get; }

    /// <summary>Whether it was started and has not ended.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Whether it ended without having been killed here.</summary>
    public bool HasEnded => _process is { HasExited: true } && !_wasKilled;

    /// <summary>Its process id in this life, or in the last one.</summary>
    public int ProcessId => (_process ?? throw new InvalidOperationException($"{Name} was never started.")).Id;

    /// <summary>Starts the process; it is not yet ready to serve when this returns.</summary>
    public void Start()
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"{Name} runs already.");
        }

        // The shell gives way to the node (exec), so that the process id is the node's and a kill hits it; it only sends its output to a file.
        // Its input closes when this process ends, however it ends, and then the node stops too: nothing is left behind.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true };
        foreach (var argument in (string[])["-c", "exec \"$@\" >>\"$0\" 2>&1", LogFile])
        {
            start.ArgumentList.Add(argument);
        }

        var harmony = Path.Combine(AppContext.BaseDirectory, "harmony.dll");
        foreach (var argument in (string[])[.. Wrapper, "dotnet", harmony, "start", "--config", _configurationFile, "--stop-on-stdin-close"])
        {
            start.ArgumentList.Add(argument);
        }

        _process?.Dispose();
        _wasKilled = false;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{Name} did not start.");
    }

    /// <summary>Ends the process at once, as <c>kill -9</c> does, and waits until it is gone.</summary>
    public void Kill()
    {
        if (_process is { HasExited: false })
        {
            _wasKilled = true;
            _process.Kill();
        }

        _process?.WaitForExit();
    }

    /// <summary>
    /// Stops every thread of the process where it is (SIGSTOP) for a time; it keeps its connections and its locks. That it goes on does not depend
    /// on this process: one that stands still could not notice our end.
    /// </summary>
    public async Task PauseAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        const string Script = "trap '' INT TERM HUP; kill -STOP \"$0\" && sleep \"$1\"; kill -CONT \"$0\"";
        var processId = ProcessId.ToString(CultureInfo.InvariantCulture);
        using var pausing = Process.Start("/bin/sh", ["-c", Script, processId, duration.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture)]);
        try
        {
            await pausing.WaitForExitAsync(cancellationToken);
        }
        finally
        {
            // For a wait that was given up; one that runs is not changed by it.
            SystemCommand.TryRun("kill", ["-CONT", processId], out _);
        }
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndedAsync(CancellationToken cancellationToken)
    {
        var process = _process ?? throw new InvalidOperationException($"{Name} was never started.");
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    /// <summary>The last that it printed, for a message about what went wrong.</summary>
    public string LastOutput()
    {
        if (!File.Exists(LogFile))
        {
            return "(nothing)";
        }

        using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Seek(-Math.Min(log.Length, ReportedLogBytes), SeekOrigin.End);
        using var reader = new StreamReader(log);
        return reader.ReadToEnd();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _process?.Dispose();
        _process = null;
    }
}
