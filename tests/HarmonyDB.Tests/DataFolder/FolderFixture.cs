using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>The data folder of node n1 on a disk, with small files.</summary>
internal static class FolderFixture
{
    public const ulong ClusterId = 0xC1;
    public const string DataDirectory = "/simulated/n1";
    public const string IdentityPath = DataDirectory + "/identity";
    public const string LogDirectory = DataDirectory + "/log";
    public const string StorePath = DataDirectory + "/store.hdb";

    private const string Small = "harmony { limits.max-request-bytes = 4KiB, raft.max-append-bytes = 4KiB, log.segment-bytes = 128KiB }\n";

    public static HarmonySettings Settings { get; } = TestSettings.Read(Small);

    /// <summary>The same node with other settings.</summary>
    public static HarmonySettings SettingsWith(string replacements) => TestSettings.Read(Small + replacements);

    public static Guid BirthId(int number) => new(number, 0, 0, new byte[8]);

    /// <summary>Opens the folder; a new one gets this birth id.</summary>
    public static NodeFiles Open(Disk disk, int birth = 1) => NodeFiles.Open(Settings, disk, () => BirthId(birth));

    public static ReplicaRestore Restore(NodeFiles files) => files.Restore(Settings.Self);

    /// <summary>Appends the entry that a cluster with this folder in it is born with, durably.</summary>
    public static void AppendBirth(NodeFiles files, Guid? memberBirthId = null)
    {
        var configuration = ClusterConfiguration.Initial(
            ClusterId, [new NodeIdentity("n1", "127.0.0.1:4053", [], memberBirthId ?? files.Identity.BirthId, 0, 0)]);
        files.Log.Append(new LogHardState(1, 0, 1), [new LogEntry(1, 1, (byte)EntryKind.Configuration, configuration.ToPayload())]);
        files.Log.Flush();
    }

    /// <summary>Makes the folder of a member whose log goes up to an entry, all of it applied and closed in good order.</summary>
    public static SimulatedDisk Member(ulong lastIndex = 1, int birth = 1)
    {
        var disk = new SimulatedDisk(seed: 1);
        using NodeFiles files = Open(disk, birth);
        AppendBirth(files);
        files.SaveIdentity(ClusterId, 1);
        for (ulong index = 2; index <= lastIndex; index++)
        {
            files.Log.Append(null, [new LogEntry(index, 1, (byte)EntryKind.Noop, default)]);
        }

        files.Log.Flush();
        using (ApplyBatch batch = Apply(files, lastIndex))
        {
            batch.Commit();
        }

        files.Close();
        return disk;
    }

    /// <summary>Deletes files, durably.</summary>
    public static void Lose(SimulatedDisk disk, params string[] paths)
    {
        foreach (string path in paths)
        {
            disk.Delete(path);
            disk.FlushDirectory(Path.GetDirectoryName(path)!);
        }
    }

    /// <summary>Paths of the segments of the log.</summary>
    public static string[] Segments(SimulatedDisk disk) => [.. disk.ListFiles(LogDirectory).Select(name => $"{LogDirectory}/{name}")];

    /// <summary>The content of a file.</summary>
    public static byte[] Read(Disk disk, string path)
    {
        using IDiskFile file = disk.Open(path, DiskFileMode.ReadOnly);
        byte[] bytes = new byte[file.LengthBytes];
        file.Read(0, bytes);
        return bytes;
    }

    /// <summary>Replaces the content of a file, durably.</summary>
    public static void Write(Disk disk, string path, byte[] bytes)
    {
        using IDiskFile file = disk.Open(path, DiskFileMode.OpenOrCreate);
        file.SetLength(bytes.Length);
        file.Write(0, bytes);
        file.Flush();
        disk.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>A batch with all entries of the log up to this one, those that were applied before among them.</summary>
    public static ApplyBatch Apply(NodeFiles files, ulong lastIndex)
    {
        ApplyBatch batch = files.Keyspace.BeginApply();
        var entries = new List<LogEntry>();
        files.Log.Read(1, lastIndex + 1, long.MaxValue, entries);
        foreach (LogEntry entry in entries)
        {
            if (entry.Kind == (byte)EntryKind.Configuration)
            {
                batch.ApplyConfiguration(entry.Index, entry.Payload.Span);
            }
            else
            {
                batch.Skip(entry.Index);
            }
        }

        return batch;
    }
}
