using Xunit;

namespace HarmonyDB.Simulation.Tests;

/// <summary>What the simulation stands on: the order of events, and clocks.</summary>
public sealed class EngineTests
{
    [Fact]
    public void EventQueue_EventsOfOneMoment_ComeInTheOrderTheyWereAdded()
    {
        var queue = new EventQueue();
        var random = new SimulatedRandom(1);
        var expected = new List<(long Time, long Order)>();
        for (int i = 0; i < 5000; i++)
        {
            long time = random.Next(100);
            expected.Add((time, i));
            queue.Add(new SimulatedEvent(time, EventKind.Timer, Argument: i));
        }

        expected.Sort();
        foreach ((long time, long order) in expected)
        {
            Assert.True(queue.TryTake(out SimulatedEvent next));
            Assert.Equal((time, order), (next.Time, next.Argument));
        }

        Assert.False(queue.TryTake(out _));
    }

    [Fact]
    public void EventQueue_TakenWhileAdded_NeverGoesBack()
    {
        var queue = new EventQueue();
        var random = new SimulatedRandom(2);
        long now = 0;
        queue.Add(new SimulatedEvent(0, EventKind.Timer));
        for (int i = 0; i < 20_000 && queue.TryTake(out SimulatedEvent next); i++)
        {
            Assert.True(next.Time >= now);
            now = next.Time;
            for (int j = random.Next(3); j > 0 || queue.Count == 0; j--)
            {
                queue.Add(new SimulatedEvent(now + random.Next(50), EventKind.Timer));
            }
        }
    }

    [Fact]
    public void Clock_WhateverItsRate_NeverGoesBackAndIsReachedInTime()
    {
        var clock = new SimulatedClock();
        var random = new SimulatedRandom(3);
        long now = 0;
        TimeSpan last = clock.At(now);
        for (int i = 0; i < 10_000; i++)
        {
            TimeSpan deadline = clock.At(now) + new TimeSpan(random.Between(0, 10_000_000));
            long when = clock.WhenReached(deadline);
            Assert.True(clock.At(when) >= deadline);
            Assert.True(when <= now || clock.At(when - 1) < deadline);

            now += random.Between(0, 5_000_000);
            switch (random.Next(4))
            {
                case 0:
                    clock.SetRate(now, (int)random.Between(500, 1500));
                    break;
                case 1:
                    clock.Jump(now, random.Between(0, TimeSpan.TicksPerHour));
                    break;
            }

            Assert.True(clock.At(now) >= last);
            last = clock.At(now);
        }
    }
}
