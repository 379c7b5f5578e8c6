using HarmonyDB.Model;

namespace HarmonyDB.Raft.Tests.Model;

/// <summary>The exhaustive model with small bounds; the program goes much further.</summary>
public sealed class ExplorerTests
{
    private const int States = 20_000;

    public static TheoryData<string> ScenarioNames => [.. Scenario.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(ScenarioNames))]
    public void Scenario_SmallBound_IsClean(string name)
    {
        var exploration = new Explorer(Scenario.Named(name).Bounds with { States = States }, TextWriter.Null).Run();
        Assert.True(exploration.Violation is null, $"{exploration.Violation}\n{string.Join('\n', exploration.Path)}");
        Assert.Equal(States, exploration.States);
    }

    [Fact]
    public void Scenario_SmallEnough_IsExhaustedAndReachesTheSameStatesAgain()
    {
        var bounds = Scenario.Named("snapshots-steady").Bounds with { Faults = 0, States = 1_000_000 };
        var first = new Explorer(bounds, TextWriter.Null).Run();
        var second = new Explorer(bounds, TextWriter.Null).Run();
        Assert.True(first.IsExhausted);
        Assert.Equal((first.States, first.Depth, first.Transitions), (second.States, second.Depth, second.Transitions));
    }

    // A run in which nothing happened shows nothing.
    [Fact]
    public void Succession_SmallBound_CommitsUnderSeveralLeaders()
    {
        var exploration = new Explorer(Scenario.Named("succession").Bounds with { States = States }, TextWriter.Null).Run();
        Assert.True(exploration.StatesWithTwoLeaders > States / 100, $"Only {exploration.StatesWithTwoLeaders} states with two leaders.");
        Assert.True(exploration.StatesWithCommit > States / 2, $"Only {exploration.StatesWithCommit} states with something committed.");
    }
}
