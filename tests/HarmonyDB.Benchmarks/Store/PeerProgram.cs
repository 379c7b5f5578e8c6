using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>The C program <c>peers.c</c>, compiled now, as a process that carries out one command at a time.</summary>
internal sealed class PeerProgram : IDisposable
{
    private readonly Process _process;

    private PeerProgram(Process process, bool hasSqlite)
    {
        _process = process;
        HasSqlite = hasSqlite;
    }

    /// <summary>Whether SQLite's library was there.</summary>
    public bool HasSqlite { get; }

    /// <summary>Compiles and starts the program.</summary>
    /// <param name="folder">Where the compiled program goes.</param>
    /// <param name="program">The program.</param>
    /// <param name="reason">Why it cannot be had, or what of it.</param>
    public static bool TryStart(string folder, [NotNullWhen(true)] out PeerProgram? program, out string? reason)
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Store", "peers.c");
        var target = Path.Combine(folder, "peers");
        string[] compile = ["-O3", "-march=native", "-std=gnu11", source, "-o", target, "-llmdb", "-lpthread"];
        program = null;
        reason = Compile([.. compile, "-DWITH_SQLITE", "-lsqlite3"]);
        var hasSqlite = reason is null;
        if (!hasSqlite)
        {
            var withoutSqlite = Compile(compile);
            if (withoutSqlite is not null)
            {
                reason = $"LMDB and SQLite are not measured: {withoutSqlite}";
                return false;
            }

            reason = $"SQLite is not measured: {reason}";
        }

        var start = new ProcessStartInfo(target) { RedirectStandardInput = true, RedirectStandardOutput = true };
        program = new PeerProgram(Process.Start(start) ?? throw new InvalidOperationException($"{target} did not start."), hasSqlite);
        return true;
    }

    /// <summary>Carries out a command.</summary>
    /// <exception cref="InvalidOperationException">The program says that it failed, or has ended.</exception>
    public Timing Run(FormattableString command)
    {
        var line = FormattableString.Invariant(command);
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        var answer = _process.StandardOutput.ReadLine();
        var words = answer?.Split(' ') ?? [];
        return words is ["ok", var nanoseconds, var operations, var checksum]
            ? new Timing(ulong.Parse(nanoseconds, null), long.Parse(operations, null), ulong.Parse(checksum, null))
            : throw new InvalidOperationException($"The peers' answer to '{line}' was '{answer}'.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Its input closes, and it ends.
        _process.StandardInput.Dispose();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <returns>Why it failed, or null.</returns>
    private static string? Compile(IEnumerable<string> arguments)
    {
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("gcc", arguments) { RedirectStandardError = true })!;
            var errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            var first = errors.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)
                || line.Contains("cannot find", StringComparison.Ordinal));
            return compiler.ExitCode == 0 ? null : $"gcc failed: {(first ?? errors).Trim()}";
        }
        catch (Win32Exception exception)
        {
            return $"gcc cannot be started: {exception.Message}";
        }
    }
}
