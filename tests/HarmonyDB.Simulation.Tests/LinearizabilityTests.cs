using Xunit;

namespace HarmonyDB.Simulation.Tests;

/// <summary>M5: the checker of histories, checked: against a thousand histories of a register, a thousand that no register has, and all orders.</summary>
public sealed class LinearizabilityTests
{
    private const int Histories = 1000;

    [Fact]
    public void Search_ThousandHistoriesOfARegister_AreLinearizable()
    {
        for (ulong seed = 1; seed <= Histories; seed++)
        {
            List<RegisterOperation> history = new HistoryGenerator(seed).Good(60, 1 + (int)(seed % 6));
            LinearizabilityResult result = LinearizabilityChecker.Search(history);
            Assert.True(result == LinearizabilityResult.Linearizable, $"seed {seed}: {result}");
        }
    }

    [Fact]
    public void Search_ThousandHistoriesOfNoRegister_AreNot()
    {
        for (ulong seed = 1; seed <= Histories; seed++)
        {
            List<RegisterOperation> history = new HistoryGenerator(seed).Bad(40, 1 + (int)(seed % 4));
            LinearizabilityResult result = LinearizabilityChecker.Search(history);
            Assert.True(result == LinearizabilityResult.NotLinearizable, $"seed {seed}: {result}");
        }
    }

    [Fact]
    public void Search_HistoriesOfUpToEightOperations_AgreesWithTryingAllOrders()
    {
        int linearizable = 0;
        for (ulong seed = 1; seed <= 3 * Histories; seed++)
        {
            List<RegisterOperation> history = new HistoryGenerator(seed).Any(1 + (int)(seed % 8));
            bool expected = BruteForce(history, 0, 0);
            linearizable += expected ? 1 : 0;
            Assert.True(expected == (LinearizabilityChecker.Search(history) == LinearizabilityResult.Linearizable), $"seed {seed}: all orders say {expected}");
            Assert.True(expected == (LinearizabilityChecker.Check(history) == LinearizabilityResult.Linearizable), $"seed {seed}, hints: all orders say {expected}");
        }

        Assert.InRange(linearizable, Histories / 2, 5 * Histories / 2);
    }

    [Fact]
    public void Check_HintsThatLie_ChangeNothing()
    {
        var random = new SimulatedRandom(7);
        for (ulong seed = 1; seed <= Histories; seed++)
        {
            List<RegisterOperation> good = [.. new HistoryGenerator(seed).Good(20, 3).Select(o => o with { Hint = random.Between(0, 20) })];
            Assert.True(LinearizabilityChecker.Check(good) == LinearizabilityResult.Linearizable, $"seed {seed}");
            List<RegisterOperation> bad = [.. new HistoryGenerator(seed).Bad(20, 3).Select(o => o with { Hint = random.Between(0, 20) })];
            Assert.True(LinearizabilityChecker.Check(bad) == LinearizabilityResult.NotLinearizable, $"seed {seed}");
        }
    }

    [Fact]
    public void Check_WriteOfUnknownOutcome_MayHappenLateOrNever()
    {
        RegisterOperation put = Operation(0, long.MaxValue, 1, ClientOperation.SawNothing);
        Assert.Equal(LinearizabilityResult.Linearizable, LinearizabilityChecker.Check([put, Read(10, 20, 0)]));
        Assert.Equal(LinearizabilityResult.Linearizable, LinearizabilityChecker.Check([put, Read(10, 20, 0), Read(30, 40, 1)]));
        Assert.Equal(LinearizabilityResult.NotLinearizable, LinearizabilityChecker.Check([put, Read(10, 20, 1), Read(30, 40, 0)]));
    }

    [Fact]
    public void Check_StaleRead_IsFound()
    {
        RegisterOperation[] history = [Operation(0, 10, 1, ClientOperation.SawNothing), Operation(20, 30, 2, 1), Read(40, 50, 1)];
        Assert.Equal(LinearizabilityResult.NotLinearizable, LinearizabilityChecker.Check(history));
    }

    private static RegisterOperation Operation(long begin, long end, long value, long saw) =>
        new() { Begin = begin, End = end, Writes = true, Value = value, Saw = saw, Hint = RegisterOperation.NoHint };

    private static RegisterOperation Read(long begin, long end, long saw) =>
        new() { Begin = begin, End = end, Writes = false, Value = 0, Saw = saw, Hint = RegisterOperation.NoHint };

    // The definition itself: some order of all known and some of the unknown operations in which each could happen, and none is placed
    // after one that began when it was over.
    private static bool BruteForce(List<RegisterOperation> history, int placed, long state)
    {
        bool done = true;
        for (int i = 0; i < history.Count; i++)
        {
            if ((placed & (1 << i)) != 0)
            {
                continue;
            }

            done &= !history[i].IsKnown;
            bool isNext = history[i].CanHappenAt(state);
            for (int j = 0; j < history.Count && isNext; j++)
            {
                isNext = (placed & (1 << j)) != 0 || history[j].End >= history[i].Begin;
            }

            if (isNext && BruteForce(history, placed | (1 << i), history[i].Writes ? history[i].Value : state))
            {
                return true;
            }
        }

        return done;
    }
}
