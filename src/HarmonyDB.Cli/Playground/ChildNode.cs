using System.Diagnostics;
using HarmonyDB.Cli.Commands;

namespace HarmonyDB.Cli.Playground;

/// <summary>A node of the playground: a process of its own that runs this same program with <c>start</c>.</summary>
/// <remarks>
/// The child holds the reading end of a pipe and stops when it closes. This process closes it to stop the child; the system closes it should
/// this process die, so no node is ever left behind.
/// </remarks>
internal sealed class ChildNode : IAsyncDisposable
{
    private const int LastLineCount = 15;

    private readonly Process _process;
    private readonly LogTail _log;
    private readonly Task _pumps;

    private ChildNode(PlaygroundNodeLayout layout, Process process, LogTail log)
    {
        Layout = layout;
        _process = process;
        _log = log;
        _pumps = Task.WhenAll(log.PumpAsync(process.StandardOutput), log.PumpAsync(process.StandardError));
        Exited = WaitForExitAsync();
    }

    /// <summary>Where it lives.</summary>
    public PlaygroundNodeLayout Layout { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Completed with the exit code when the process has ended and its log is written.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last lines it wrote.</summary>
    public IReadOnlyList<string> LastLines => _log.LastLines;

    /// <summary>Starts the process.</summary>
    public static ChildNode Start(PlaygroundNodeLayout layout)
    {
        var (program, arguments) = ThisProgram();
        var start = new ProcessStartInfo(program, [.. arguments, "start", "--config", layout.ConfigFile, StartCommand.StopOnStdinClose])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = layout.Folder,
        };
        var log = new LogTail(layout.LogFile, LastLineCount);
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        return new ChildNode(layout, process, log);
    }

    /// <summary>Asks it to stop, and ends it when it has not within <paramref name="patience"/>.</summary>
    /// <returns>Whether it stopped by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        _process.StandardInput.Close();
        try
        {
            await Exited.WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            _process.Kill();
            await Exited;
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _process.Dispose();
        _log.Dispose();
    }

    /// <summary>This program may run as <c>harmony</c>, or as <c>dotnet harmony.dll</c>.</summary>
    private static (string Program, string[] Arguments) ThisProgram()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        return Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? (program, [Path.Combine(AppContext.BaseDirectory, "harmony.dll")])
            : (program, []);
    }

    private async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync();
        await _pumps;
        return _process.ExitCode;
    }
}
