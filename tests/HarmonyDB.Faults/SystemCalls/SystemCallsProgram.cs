using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Faults.FlushOrder;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Storage.Files;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.SystemCalls;

/// <summary>
/// <c>system-calls</c>: all that is proven on the simulated disk holds for the real one only if the real one is asked for the same. One script is run on both,
/// and the system calls that strace saw are held against what the simulated disk recorded. And a node under writes must have no file of its data folder
/// mapped shared so that it can be written.
/// </summary>
internal static class SystemCallsProgram
{
    /// <summary>The verb with which the program runs the script under strace; the folder follows.</summary>
    public const string ScriptVerb = "disk-script";

    private const int Writes = 500;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (!Tracer.IsThere)
        {
            return Skip.Because("system-calls needs strace, and there is none on the PATH");
        }

        var folder = Directory.CreateTempSubdirectory("harmony-calls-").FullName;
        try
        {
            var called = Trace(folder);
            var recorded = Record(Path.Combine(folder, "data"));
            var isEqual = AreEqual(called, recorded);
            var flush = recorded.ToList().FindLastIndex(o => o.Kind == DiskOperationKind.Flush);
            var objects = !AreEqual(called, [.. recorded.Take(flush), .. recorded.Skip(flush + 1)], prints: false);
            var (mappings, writable) = await MappingsAsync(cancellationToken);

            var figures = new Figures();
            figures.Add("system-calls-compared", called.Count, "calls");
            figures.Add("system-calls-flushes", called.Count(o => o.Kind is DiskOperationKind.Flush or DiskOperationKind.FlushDirectory), "calls");
            figures.Add("system-calls-different", isEqual ? 0 : 1, "differences");
            figures.Add("data-mappings", mappings, "mappings");
            figures.Add("data-mappings-writable-shared", writable, "mappings");
            figures.Print(Console.Out);
            if (called.Count == 0 || mappings == 0 || !objects)
            {
                Console.WriteLine("FAILED: it proved nothing: no calls, no mapping of the store, or a missing flush that was not noticed");
                return 1;
            }

            var isGood = isEqual && writable == 0;
            Console.WriteLine(isGood ? "ok: the real disk is asked for what the simulated one records, and nothing is mapped to be written" : "FAILED");
            return isGood ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyList<DiskOperation> Trace(string folder)
    {
        var data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        var program = Path.Combine(AppContext.BaseDirectory, "HarmonyDB.Faults.dll");
        SystemCommand.Run(
            "strace", "-ff", "--seccomp-bpf", "-ttt", "-y", "-s", "0", "-e", $"trace={CallReader.Calls}", "-e", "signal=none",
            "-o", Path.Combine(folder, "trace"),
            "dotnet", "exec", program, ScriptVerb, "--folder", data);
        return CallReader.Read(Directory.GetFiles(folder, "trace.*").SelectMany(File.ReadLines), data);
    }

    private static IReadOnlyList<DiskOperation> Record(string folder)
    {
        using var disk = new SimulatedDisk { RecordsOperations = true };
        disk.CreateDirectory(folder);
        DiskScript.Run(disk, folder);
        return disk.Operations;
    }

    private static bool AreEqual(IReadOnlyList<DiskOperation> called, IReadOnlyList<DiskOperation> recorded, bool prints = true)
    {
        for (var i = 0; i < Math.Max(called.Count, recorded.Count); i++)
        {
            if (i >= called.Count || i >= recorded.Count || called[i] != recorded[i])
            {
                if (prints)
                {
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"DIFFERENT at {i} of {called.Count} calls and {recorded.Count} records: called {Shown(called, i)}, recorded {Shown(recorded, i)}"));
                }

                return false;
            }
        }

        return true;
    }

    private static string Shown(IReadOnlyList<DiskOperation> operations, int index) => index < operations.Count ? operations[index].ToString() : "nothing more";

    private static async Task<(int All, int WritableShared)> MappingsAsync(CancellationToken cancellationToken)
    {
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions { Nodes = 1 });
        await cluster.StartAsync(cancellationToken);
        var node = cluster.Nodes[0];
        using var client = ClusterProcesses.Client(RequestTimeout, node);
        var (all, writable) = (0, 0);
        for (var i = 0; i < Writes; i++)
        {
            var bytes = ByteString.CopyFromUtf8($"k{i.ToString(CultureInfo.InvariantCulture)}");
            await client.PutAsync(new PutRequest { Key = bytes, Value = bytes }, cancellationToken);
            if (i % 50 == 0)
            {
                var now = DataMappings.Count(File.ReadLines($"/proc/{node.ProcessId.ToString(CultureInfo.InvariantCulture)}/maps"), node.DataFolder);
                (all, writable) = (Math.Max(all, now.All), Math.Max(writable, now.WritableShared));
            }
        }

        return (all, writable);
    }
}
