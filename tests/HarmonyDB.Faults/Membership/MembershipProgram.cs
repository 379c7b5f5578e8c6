using System.Globalization;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.Membership;

/// <summary>
/// <c>membership</c>: members come and go while clients write. Each round a node joins, gets its vote, leads, and is removed while it leads; the last round
/// replaces a member for good. No acknowledged write may be lost, and all members have the same at the end.
/// </summary>
internal static class MembershipProgram
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(int rounds, int writerCount, CancellationToken cancellationToken)
    {
        Console.WriteLine($"membership: {rounds} rounds, {writerCount} writers");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3) + (rounds * TimeSpan.FromMinutes(1)));
        var history = new WriteHistory();
        var changes = 0;
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions { JoiningNodes = rounds + 1 });
        await cluster.StartAsync(deadline.Token);
        using var client = ClusterProcesses.Client(RequestTimeout, [.. cluster.Nodes]);
        List<NodeProcess> members = [.. cluster.Nodes];
        await using (var writers = new Writers(history, [.. cluster.Nodes], writerCount))
        {
            for (var round = 1; round <= rounds; round++)
            {
                var (node, id) = await JoinAsync(cluster, client, deadline.Token);
                await MoveLeaderAsync(cluster, client, members, node, id, deadline.Token);
                await client.MemberRemoveAsync(new MemberRemoveRequest { ID = id }, deadline.Token);
                await UntilAsync($"{node.Name} stops after it was removed", () => Task.FromResult(!node.IsRunning), deadline.Token);
                await cluster.LeaderAsync(members, deadline.Token);
                changes += 4;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  round {round,3}: {node.Name} joined, voted, led and left, {history.AcknowledgedCount} acknowledged"));
            }

            changes += await ReplaceAsync(cluster, client, members, deadline.Token);
            await writers.StopAsync();
        }

        var differences = await Comparison.RunAsync(cluster, members, history, deadline.Token);
        var figures = new Figures();
        figures.Add("membership-changes", changes, "changes");
        figures.Add("acknowledged-writes", history.AcknowledgedCount, "writes");
        figures.Add("lost-writes", differences.Lost, "writes");
        figures.Add("wrong-keys", differences.Wrong, "keys");
        figures.Add("unknown-outcomes", history.UnknownCount, "writes");
        figures.Add("distinct-checksums", differences.DistinctChecksums, "checksums");
        figures.Print(Console.Out);
        var isGood = differences is { Lost: 0, Wrong: 0, DistinctChecksums: 1 } && history.AcknowledgedCount > 0;
        Console.WriteLine(isGood ? "ok: members came and went, nothing acknowledged was lost" : "FAILED");
        return isGood ? 0 : 1;
    }

    private static async Task<(NodeProcess Node, ulong Id)> JoinAsync(ClusterProcesses cluster, EtcdClient client, CancellationToken cancellationToken)
    {
        var node = cluster.PrepareJoining();
        var added = await client.MemberAddAsync(new MemberAddRequest { PeerURLs = { $"tcp://{cluster.RaftAddress(node)}" } }, cancellationToken);
        node.Start();
        await UntilAsync($"{node.Name} has caught up and votes", async () =>
        {
            if (node.HasEnded)
            {
                throw new InvalidOperationException($"{node.Name} ended by itself. Its last words:\n{node.LastOutput()}");
            }

            var list = await client.MemberListAsync(new MemberListRequest(), cancellationToken);
            return list.Members.Any(m => m.ID == added.Member.ID && !m.IsLearner);
        }, cancellationToken);
        return (node, added.Member.ID);
    }

    private static async Task MoveLeaderAsync(
        ClusterProcesses cluster, EtcdClient client, List<NodeProcess> members, NodeProcess target, ulong id, CancellationToken cancellationToken)
    {
        NodeProcess[] all = [.. members, target];
        await UntilAsync($"{target.Name} leads", async () =>
        {
            var leader = await cluster.LeaderAsync(all, cancellationToken);
            if (leader == target)
            {
                return true;
            }

            try
            {
                await client.MoveLeaderAsync(leader.Endpoint, new MoveLeaderRequest { TargetID = id }, cancellationToken);
            }
            catch (EtcdException)
            {
                // It may have lost leadership meanwhile, or the target was not ready: whoever leads now is asked.
            }

            return false;
        }, cancellationToken);
    }

    private static async Task<int> ReplaceAsync(ClusterProcesses cluster, EtcdClient client, List<NodeProcess> members, CancellationToken cancellationToken)
    {
        var old = members[^1];
        var oldId = (await cluster.TryStatusAsync(old, cancellationToken))?.Header.MemberId ?? throw new InvalidOperationException($"{old.Name} does not answer.");
        var (node, _) = await JoinAsync(cluster, client, cancellationToken);
        cluster.MayEnd(old);
        await client.MemberRemoveAsync(new MemberRemoveRequest { ID = oldId }, cancellationToken);
        await UntilAsync($"{old.Name} stops after it was replaced", () => Task.FromResult(!old.IsRunning), cancellationToken);
        members.Remove(old);
        members.Add(node);
        Console.WriteLine($"  {old.Name} replaced by {node.Name}");
        return 3;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > StepTimeout)
            {
                throw new TimeoutException($"Waited {StepTimeout.TotalSeconds:F0} s in vain until {what}.");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }
}
