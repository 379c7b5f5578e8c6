namespace HarmonyDB.Simulation;

/// <summary>The misfortunes of links: cuts and clogs in many shapes.</summary>
internal sealed class NetworkFaults(ClusterSimulation simulation, FaultSchedule schedule, SimulatedRandom random)
{
    private IReadOnlyList<SimulatedNode> Nodes => simulation.NodesInUse;

    /// <summary>Lets one strike.</summary>
    public void Strike(FaultKind kind)
    {
        switch (kind)
        {
            case FaultKind.Clog:
                Clog();
                break;
            case FaultKind.SwizzleClog:
                SwizzleClog();
                break;
            case FaultKind.OneWay:
                Cut(kind, [RandomLink()], random.Ticks(100, 4000));
                break;
            case FaultKind.PartialGraph:
                Cut(kind, [.. Links().Where(_ => random.Chance(500))], random.Ticks(200, 4000));
                break;
            case FaultKind.Partition:
                Cut(kind, Between(RandomGroup()), random.Ticks(200, 4000));
                break;
            case FaultKind.Flapping:
                Flap();
                break;
            case FaultKind.LeaderIsolation:
                IsolateLeader();
                break;
        }

        simulation.Faults.Count(kind);
    }

    private void Clog()
    {
        (int From, int To)[] links = random.Chance(500) ? [RandomLink()] : [.. Links().Where(_ => random.Chance(400))];
        foreach ((int from, int to) in links)
        {
            simulation.Network.Clog(from, to);
        }

        schedule.During(random.Ticks(50, 2500), () => Array.ForEach(links, link => simulation.Network.Unclog(link.From, link.To)));
    }

    // Node after node falls silent, and they come back in another order.
    private void SwizzleClog()
    {
        int[] down = [.. Nodes.Select(n => n.Number)];
        random.Shuffle(down);
        int[] up = [.. down];
        random.Shuffle(up);
        var clogged = new HashSet<int>();
        schedule.Repeat(
            2 * down.Length,
            step =>
            {
                if (step < down.Length)
                {
                    Set(down[step], true);
                    clogged.Add(down[step]);
                }
                else
                {
                    Set(up[step - down.Length], false);
                    clogged.Remove(up[step - down.Length]);
                }

                return random.Ticks(10, 400);
            },
            () =>
            {
                foreach (int node in clogged.Order())
                {
                    Set(node, false);
                }
            });
    }

    private void Set(int node, bool clogged)
    {
        foreach (int to in simulation.Nodes.Select(n => n.Number).Where(n => n != node))
        {
            if (clogged)
            {
                simulation.Network.Clog(node, to);
            }
            else
            {
                simulation.Network.Unclog(node, to);
            }
        }
    }

    private void Flap()
    {
        (int From, int To)[] links = Between(RandomGroup());
        bool isCut = false;
        schedule.Repeat(
            (int)random.Between(6, 30),
            _ =>
            {
                Switch();
                return random.Ticks(20, 250);
            },
            () =>
            {
                if (isCut)
                {
                    Switch();
                }
            });

        void Switch()
        {
            isCut = !isCut;
            foreach ((int from, int to) in links)
            {
                if (isCut)
                {
                    simulation.Network.Cut(from, to, FaultKind.Flapping);
                }
                else
                {
                    simulation.Network.Mend(from, to);
                }
            }
        }
    }

    private void IsolateLeader()
    {
        int leader = Nodes.Select(n => n.Number).FirstOrDefault(simulation.IsLeader);
        int direction = random.Next(3);
        Cut(
            FaultKind.LeaderIsolation,
            [.. Links().Where(l => (l.From == leader && direction != 0) || (l.To == leader && direction != 1))],
            random.Ticks(200, 4000));
    }

    private void Cut(FaultKind kind, (int From, int To)[] links, long ticks)
    {
        foreach ((int from, int to) in links)
        {
            simulation.Network.Cut(from, to, kind);
        }

        bool forGood = simulation.Settings.Canary == Canary.CutForGood;
        schedule.During(ticks, () => Array.ForEach(forGood ? [] : links, link => simulation.Network.Mend(link.From, link.To)));
    }

    private (int From, int To)[] Between(HashSet<int> group) => [.. Links().Where(l => group.Contains(l.From) != group.Contains(l.To))];

    private HashSet<int> RandomGroup()
    {
        int[] nodes = [.. Nodes.Select(n => n.Number)];
        random.Shuffle(nodes);
        return [.. nodes.Take(1 + random.Next(nodes.Length - 1))];
    }

    private (int From, int To) RandomLink() => random.Pick([.. Links()]);

    private IEnumerable<(int From, int To)> Links()
    {
        foreach (SimulatedNode from in Nodes)
        {
            foreach (SimulatedNode to in Nodes)
            {
                if (from != to)
                {
                    yield return (from.Number, to.Number);
                }
            }
        }
    }
}
