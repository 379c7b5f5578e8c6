using Xunit;

namespace HarmonyDB.Simulation.Tests;

/// <summary>The simulator itself: it repeats itself, finds what it must, and does what it claims to do.</summary>
public sealed class SimulationTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    [Fact]
    public void M4_HundredSeedsRunTwice_HaveEqualTraces()
    {
        for (ulong seed = 1; seed <= 100; seed++)
        {
            SeedSettings settings = SeedSettings.Draw(seed, Size(seed), TimeSpan.FromSeconds(2), Canary.None);
            var first = new Trace(0);
            var second = new Trace(20);
            SeedRun.Run(settings, first);
            SeedRun.Run(settings, second);
            Assert.True(first.Count > 200, $"seed {seed}: only {first.Count} events");
            Assert.True(first.Count == second.Count && first.Hash == second.Hash, $"seed {seed} of {settings.Nodes} nodes does not repeat itself");
        }
    }

    [Fact]
    public void Seeds_OfEverySize_FindNothing()
    {
        var faults = new FaultCounters();
        long acknowledged = 0;
        long elections = 0;
        for (ulong seed = 1000; seed < 1060; seed++)
        {
            SeedSettings settings = SeedSettings.Draw(seed, Size(seed), Duration, Canary.None);
            (SeedResult? result, string? failure) = SeedRun.Run(settings);
            Assert.True(result is not null, $"seed {seed}, {settings.Nodes} nodes: {failure}");
            Assert.True(result.Operations >= 200 * Duration.TotalSeconds, $"seed {seed}: only {result.Operations} operations");
            acknowledged += result.Acknowledged;
            elections += result.Elections;
            faults.Add(result.Faults);
        }

        Assert.InRange(acknowledged, 10_000, long.MaxValue);
        Assert.InRange(elections, 60, long.MaxValue);
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.True(faults[kind] > 0, $"{kind} never struck"));
    }

    [Theory]
    [MemberData(nameof(Canaries))]
    public void M2_DeliberateDefect_IsFound(string canary)
    {
        bool found = false;
        for (ulong seed = 1; seed <= 20 && !found; seed++)
        {
            SeedSettings settings = SeedSettings.Draw(seed, 3, Duration, Enum.Parse<Canary>(canary));
            found = SeedRun.Run(settings).Failure is not null;
        }

        Assert.True(found, $"{canary} was not found in 20 seeds");
    }

    [Fact]
    public void Failure_RunAgain_FailsTheSameWay()
    {
        SeedSettings settings = SeedSettings.Draw(3, 3, Duration, Canary.LostWrite);
        string? failure = SeedRun.Run(settings).Failure;
        Assert.NotNull(failure);
        var output = new StringWriter();
        SeedRun.Explain(settings, SeedRun.LastEvents, output);
        Assert.Contains(failure, output.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string> Canaries() => [.. Enum.GetNames<Canary>().Where(c => c != nameof(Canary.None))];

    private static int Size(ulong seed) => (int)(seed % 4 * 2) + 1;
}
