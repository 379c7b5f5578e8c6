using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Faults.Registers;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.PowerCuts;

/// <summary>
/// <c>power-cuts</c>: all nodes lose power at one instant, under writers. Their data lie in a file system of its own, in an image file; that is cloned in
/// one step, with what had reached the device and without what had not. The nodes start again from the clone, mounted as after a power cut, and
/// must have every write that was acknowledged before it was taken.
/// </summary>
/// <remarks>
/// The clone is the outer file system's: XFS shares the blocks of the image (FICLONE), under its lock of the file. What the inner file system had not
/// written yet is lost, which is what a power cut does to the memory of a machine; a device that lies about its flushes is not tried.
/// </remarks>
internal static class PowerCutsProgram
{
    private const long OuterBytes = 16L << 30;
    private const long InnerBytes = 2L << 30;
    private const int WriterCount = 16;
    private static readonly string[] MakeOuter = ["mkfs.xfs", "-q", "-m", "reflink=1"];
    private static readonly TimeSpan LoadShortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LoadLongest = TimeSpan.FromMilliseconds(700);

    /// <summary>Runs it.</summary>
    /// <param name="cuts">How often the power goes.</param>
    /// <param name="fileSystem">Where the nodes' data lie: <c>xfs</c> or <c>ext4</c>.</param>
    /// <param name="seed">Decides when.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(int cuts, string fileSystem, int seed, CancellationToken cancellationToken)
    {
        var makeInner = MakeInner(fileSystem);
        Console.WriteLine($"power-cuts: {cuts}, of three nodes on {fileSystem}, {WriterCount} writers, seed {seed}");
        if ((LoopFileSystem.Obstacle(MakeOuter) ?? LoopFileSystem.Obstacle(makeInner)) is { } obstacle)
        {
            return Skip.Because($"power-cuts needs file systems in files, and XFS: {obstacle}");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3) + (cuts * TimeSpan.FromSeconds(20)));
        var folder = Directory.CreateTempSubdirectory("harmony-power-").FullName;
        try
        {
            using var outer = LoopFileSystem.Create(Path.Combine(folder, "outer.img"), Path.Combine(folder, "outer"), OuterBytes, MakeOuter);
            using var machine = Machine.Create(outer.MountPoint, InnerBytes, makeInner);
            return await RunAsync(machine, cuts, seed, deadline.Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string[] MakeInner(string fileSystem) => fileSystem switch
    {
        "xfs" => ["mkfs.xfs", "-q"],
        "ext4" => ["mkfs.ext4", "-q", "-F"],
        _ => throw new FormatException($"'{fileSystem}': xfs or ext4."),
    };

    private static async Task<int> RunAsync(Machine machine, int cuts, int seed, CancellationToken cancellationToken)
    {
        var history = new WriteHistory();
        var clones = new Durations();
        var undone = 0;
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions { DataFolder = name => Path.Combine(machine.MountPoint, name) });
        var random = new Random(seed);
        var began = Stopwatch.StartNew();
        await cluster.StartAsync(cancellationToken);
        for (var cut = 1; cut <= cuts; cut++)
        {
            var (acknowledged, clone) = await CutAsync(cluster, machine, history, cut, random, cancellationToken);
            clones.Add(clone);
            var before = history.AcknowledgedCount;
            history.PowerWent(acknowledged);
            undone += before - history.AcknowledgedCount;
            machine.PowerUp();
            await cluster.StartAsync(cancellationToken);
            var differences = await Comparison.RunAsync(cluster, cluster.Nodes, history, cancellationToken, isQuiet: true);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {began.Elapsed.TotalSeconds,5:F0} s: cut {cut,4}, {acknowledged.Count} acknowledged before it, {differences.Lost} lost, "
                + $"{differences.Wrong} wrong, clone in {clone.TotalMilliseconds:F0} ms"));
            if (differences is not { Lost: 0, Wrong: 0, DistinctChecksums: 1 })
            {
                return Verdict(cut, undone, clones, history, differences);
            }
        }

        return Verdict(cuts, undone, clones, history, await Comparison.RunAsync(cluster, cluster.Nodes, history, cancellationToken));
    }

    /// <summary>Loads the cluster for a moment and takes the power away. Afterwards no node runs.</summary>
    /// <returns>What had been acknowledged before, and how long the clone took.</returns>
    private static async Task<(IReadOnlySet<string> Acknowledged, TimeSpan Clone)> CutAsync(
        ClusterProcesses cluster, Machine machine, WriteHistory history, int cut, Random random, CancellationToken cancellationToken)
    {
        await using var writers = new Writers(history, cluster.Nodes, WriterCount, prefix: $"{cut.ToString("D5", CultureInfo.InvariantCulture)}/");
        await Progress.WaitAsync(cluster.Nodes, history, WriterCount, cancellationToken);
        await Task.Delay(random.Next((int)LoadShortest.TotalMilliseconds, (int)LoadLongest.TotalMilliseconds), cancellationToken);

        // First what clients were told, then the cut: what is acknowledged in between may be on the disk and is not asked for.
        var acknowledged = history.AcknowledgedKeys();
        var clone = machine.CutPower();
        foreach (var node in cluster.Nodes)
        {
            node.Kill();
        }

        await writers.StopAsync();
        return (acknowledged, clone);
    }

    private static int Verdict(int cuts, int undone, Durations clones, WriteHistory history, (int Lost, int Wrong, int DistinctChecksums) differences)
    {
        var figures = new Figures();
        figures.Add("power-cuts", cuts, "cuts");
        figures.Add("power-cut-median", clones.Milliseconds(0.5), "ms");
        figures.Add("power-cut-longest", clones.Milliseconds(1), "ms");
        figures.Add("acknowledged-writes", history.AcknowledgedCount, "writes");
        figures.Add("acknowledged-after-a-cut", undone, "writes");
        figures.Add("lost-writes", differences.Lost, "writes");
        figures.Add("wrong-keys", differences.Wrong, "keys");
        figures.Add("unknown-outcomes", history.UnknownCount, "writes");
        figures.Print(Console.Out);

        // Writes that were acknowledged between the clone and the end of the nodes show that there was load at the cut.
        if (history.AcknowledgedCount == 0 || undone == 0)
        {
            Console.WriteLine("FAILED: it proved nothing: there was no load when the power went");
            return 1;
        }

        var isGood = differences is { Lost: 0, Wrong: 0, DistinctChecksums: 1 };
        Console.WriteLine(isGood ? "ok: nothing acknowledged before a power cut was lost" : "FAILED");
        return isGood ? 0 : 1;
    }
}
