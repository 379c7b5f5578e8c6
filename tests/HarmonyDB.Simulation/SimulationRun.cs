using System.Diagnostics;
using System.Reflection;
using HarmonyDB.Testing;

namespace HarmonyDB.Simulation;

/// <summary>Runs many seeds, and says what they came to.</summary>
internal sealed class SimulationRun(RunOptions options, TextWriter output)
{
    private const int FailuresMaximum = 5;
    private const int FloorSeeds = 100;
    private const int CanarySeeds = 20;
    private const int CanaryNodes = 3;

    private static readonly TimeSpan CanaryDuration = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly FaultCounters _faults = new();
    private readonly List<ulong> _failed = [];
    private long _simulatedTicks;
    private long _operations;
    private long _acknowledged;
    private long _elections;
    private long _crashes;
    private long _messages;
    private long _steps;
    private long _states;
    private int _next;
    private int _clean;

    /// <summary>Runs them.</summary>
    /// <returns>The exit code: 0 if nothing was found.</returns>
    public int Run()
    {
        var clock = Stopwatch.StartNew();
        Thread[] threads = [.. Enumerable.Range(0, options.Jobs).Select(_ => new Thread(Work))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        clock.Stop();
        if (options.Traces && _failed.Count == 0)
        {
            SeedRun.Explain(SettingsOf(options.Seeds - 1), int.MaxValue, output);
        }

        Report(clock.Elapsed);
        if (options.Canary != Canary.None)
        {
            output.WriteLine(_failed.Count > 0 ? $"The canary {options.Canary} was found." : $"FAILED: the canary {options.Canary} was not found.");
            return _failed.Count > 0 ? 0 : 1;
        }

        bool isGood = _failed.Count == 0;
        isGood &= CanariesAreFound();
        isGood &= FloorsAreMet();
        return isGood ? 0 : 1;
    }

    private static string Commit() =>
        typeof(SimulationRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    // M2: a run that finds nothing says something only if it would have found what is there.
    private bool CanariesAreFound()
    {
        bool all = true;
        foreach (Canary canary in Enum.GetValues<Canary>().Where(c => c != Canary.None))
        {
            int seed = Enumerable.Range(1, CanarySeeds).FirstOrDefault(
                s => SeedRun.Run(SeedSettings.Draw((ulong)s, CanaryNodes, CanaryDuration, canary)).Failure is not null);
            output.WriteLine(seed > 0 ? $"canary {canary}: found by seed {seed}" : $"FAILED: canary {canary} was not found in {CanarySeeds} seeds");
            all &= seed > 0;
        }

        return all;
    }

    // M3: nor does it if hardly anything happened. Small runs are for looking at one seed, and prove nothing.
    private bool FloorsAreMet()
    {
        if (options.Seeds < FloorSeeds || _failed.Count > 0)
        {
            return true;
        }

        double seconds = options.Seeds * options.Duration.TotalSeconds;
        bool all = Floor("operations", _operations, 200 * seconds)
            & Floor("acknowledged operations", _acknowledged, _operations * 0.5)
            & Floor("elections", _elections, seconds / 10)
            & Floor("crashes", _crashes, seconds / 10);
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            all &= Floor(Name(kind), _faults[kind], seconds / 150);
        }

        return all;
    }

    private bool Floor(string what, double count, double floor)
    {
        if (count < floor)
        {
            output.WriteLine(FormattableString.Invariant($"FAILED: only {count:F0} {what}; the floor is {floor:F0}"));
        }

        return count >= floor;
    }

    private SeedSettings SettingsOf(int number) => SeedSettings.Draw(
        options.From + (ulong)number, options.Nodes[(int)((options.From + (ulong)number) % (ulong)options.Nodes.Count)], options.Duration, options.Canary);

    private void Work()
    {
        while (true)
        {
            int number = Interlocked.Increment(ref _next) - 1;
            if (number >= options.Seeds || _failed.Count >= FailuresMaximum)
            {
                return;
            }

            SeedSettings settings = SettingsOf(number);
            (SeedResult? result, string? failure) = SeedRun.Run(settings);
            lock (_gate)
            {
                if (result is not null)
                {
                    Add(result);
                }
                else
                {
                    Tell(settings, failure!);
                }
            }
        }
    }

    private void Add(SeedResult result)
    {
        _clean++;
        _simulatedTicks += result.SimulatedTicks;
        _operations += result.Operations;
        _acknowledged += result.Acknowledged;
        _elections += result.Elections;
        _crashes += result.Crashes;
        _messages += result.Messages;
        _steps += result.Steps;
        _states += result.States;
        _faults.Add(result.Faults);
    }

    private void Tell(SeedSettings settings, string failure)
    {
        _failed.Add(settings.Seed);
        output.WriteLine($"FAILED: seed {settings.Seed}, {settings.Nodes} nodes, commit {Commit()}: {failure}");
        if (options.Canary == Canary.None)
        {
            output.WriteLine($"  faults: {string.Join(' ', settings.Faults.Order())}");
            output.WriteLine($"  again: --seeds 1 --from {settings.Seed} --nodes {settings.Nodes} --seconds {settings.DurationTicks / TimeSpan.TicksPerSecond}");
            SeedRun.Explain(settings, options.Traces ? int.MaxValue : SeedRun.LastEvents, output);
        }
    }

    private void Report(TimeSpan elapsed)
    {
        var figures = new Figures();
        double hours = (double)_simulatedTicks / TimeSpan.TicksPerHour;
        figures.Add("sim-seeds", _clean, "seeds");
        figures.Add("sim-seeds-failed", _failed.Count, "seeds");
        figures.Add("sim-hours", hours, "h");
        figures.Add("sim-elapsed", elapsed.TotalSeconds, "s");
        figures.Add("sim-speed", hours * 3600 / elapsed.TotalSeconds / options.Jobs, "x");
        figures.Add("sim-operations", _operations, "operations");
        figures.Add("sim-acknowledged", _acknowledged, "operations");
        figures.Add("sim-elections", _elections, "elections");
        figures.Add("sim-crashes", _crashes, "crashes");
        figures.Add("sim-messages", _messages, "messages");
        figures.Add("sim-steps", _steps, "steps");
        figures.Add("sim-states", _states, "states");
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            figures.Add($"sim-fault-{Name(kind)}", _faults[kind], "faults");
        }

        figures.Print(output);
    }

    private static string Name(FaultKind kind) =>
        string.Concat(kind.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? "-" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}
