namespace HarmonyDB.Simulation;

/// <summary>Runs one seed.</summary>
internal static class SeedRun
{
    /// <summary>How many events are shown of a failure unless all are asked for.</summary>
    public const int LastEvents = 120;

    /// <summary>Runs it; null in <c>Result</c> and a description in <c>Failure</c> if it found something.</summary>
    public static (SeedResult? Result, string? Failure) Run(SeedSettings settings, Trace? trace = null)
    {
        try
        {
            using var simulation = new ClusterSimulation(settings, trace ?? new Trace(0));
            return (simulation.Run(), null);
        }
        catch (Exception exception)
        {
            // Whatever it is: a simulated node does not throw unless something is wrong with it, or with the simulator.
            string text = exception is SimulationFailedException { InnerException: null } ? exception.Message : exception.ToString();
            return (null, text);
        }
    }

    /// <summary>Runs a seed that failed once more, as it was, and writes its last events.</summary>
    /// <param name="settings">The seed.</param>
    /// <param name="events">How many events at most.</param>
    /// <param name="output">Where to.</param>
    public static void Explain(SeedSettings settings, int events, TextWriter output)
    {
        var trace = new Trace(events);
        (_, string? failure) = Run(settings, trace);
        trace.WriteTo(output);
        output.WriteLine(failure is null ? "IT DID NOT FAIL AGAIN: something in it is not deterministic." : $"{trace.Count} events; {failure}");
    }
}
