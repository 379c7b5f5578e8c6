using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;
using Xunit;
using static HarmonyDB.Tests.DataFolder.FolderFixture;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>A snapshot on its way into a folder, cut off at each thing it asks of the disk, and damaged at each byte: the old state or the new one, never parts of both.</summary>
public sealed class SnapshotFilesTests
{
    private const ulong OldIndex = 3;
    private const ulong SnapshotIndex = 40;

    private static readonly Lazy<byte[]> Stream = new(MakeStream);

    [Fact]
    public void R45_AppendAfterAnInstallation_NeverSaysThatLessIsCommitted()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        var log = new LogWriter(files.Log);
        log.Install(new InstallSnapshotEffect(7, null, new LogIndex(SnapshotIndex), new Term(1)));
        log.Append(new AppendEffect(8, new HardState(new Term(2), MemberId.None, new LogIndex(OldIndex)), [], MustFlush: true));
        Assert.Equal(8ul, log.Flush());
        Assert.Equal(new LogHardState(2, 0, SnapshotIndex), files.Log.HardState);
    }

    [Theory]
    [InlineData(CrashKind.ProcessKilled, 0)]
    [InlineData(CrashKind.PowerLost, 0)]
    [InlineData(CrashKind.PowerLostTorn, 1)]
    [InlineData(CrashKind.PowerLostTorn, 2)]
    public void R45_R46_R48_R50_Install_CutAtAnyDiskOperation_HasTheOldStateOrTheNewOne(CrashKind kind, ulong seed)
    {
        int operations = Count();
        int installed = 0;
        for (int cut = 1; cut <= operations; cut++)
        {
            using SimulatedDisk member = Member(OldIndex);
            using SimulatedDisk disk = member.CrashedCopy(CrashKind.ProcessKilled, seed);
            bool done;
            using (NodeFiles files = Open(disk))
            {
                disk.InjectFault(null, cut, DiskFault.PowerCut);
                done = Record.Exception(() => Install(files)) is null;
            }

            disk.Crash(kind);
            using NodeFiles again = Open(disk);
            ReplicaRestore restore = Restore(again);
            Assert.True(restore.Applied.Value is OldIndex or SnapshotIndex, $"cut {cut}, {kind}, seed {seed}: applied {restore.Applied}");
            bool isNew = restore.Applied.Value == SnapshotIndex;
            Assert.Equal(isNew ? (SnapshotIndex + 1, SnapshotIndex) : (1ul, OldIndex), (restore.FirstIndex.Value, restore.LastIndex.Value));
            Assert.True(isNew || !done, $"cut {cut}: it was reported as installed.");
            Assert.Equal(ClusterId, restore.Configuration!.ClusterId);
            Assert.Equal(isNew ? 5 : 1, Revision(again));
            installed += isNew ? 1 : 0;
        }

        Assert.InRange(installed, 3, operations - 10);
    }

    [Fact]
    public void R57_Stream_DamagedAtAnyByte_IsRefusedAndTheOldStateStays()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        using SnapshotFiles incoming = files.CreateSnapshotFiles();
        for (int offset = 0; offset < Stream.Value.Length; offset++)
        {
            byte[] damaged = [.. Stream.Value];
            damaged[offset] ^= (byte)(1 << (offset % 8));
            incoming.Write(new WriteSnapshotEffect(0, damaged));
            Assert.True(incoming.Check(new CheckSnapshotEffect(new LogIndex(SnapshotIndex), new Term(1))) is not null, $"Byte {offset} changed, and it was taken.");
        }

        Assert.Equal(OldIndex, files.Keyspace.AppliedIndex);
        incoming.Write(new WriteSnapshotEffect(0, Stream.Value));
        Assert.Null(incoming.Check(new CheckSnapshotEffect(new LogIndex(SnapshotIndex), new Term(1))));
    }

    [Fact]
    public void W13_Stream_CutShortAnywhere_IsRefused()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        using SnapshotFiles incoming = files.CreateSnapshotFiles();
        for (int length = 0; length < Stream.Value.Length; length++)
        {
            incoming.Write(new WriteSnapshotEffect(0, Stream.Value.AsMemory(0, length)));
            Assert.NotNull(incoming.Check(new CheckSnapshotEffect(new LogIndex(SnapshotIndex), new Term(1))));
        }
    }

    [Fact]
    public void Check_SnapshotOfAnotherIndex_IsRefused()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        using SnapshotFiles incoming = files.CreateSnapshotFiles();
        incoming.Write(new WriteSnapshotEffect(0, Stream.Value));
        Assert.Contains("instead of 41", incoming.Check(new CheckSnapshotEffect(new LogIndex(41), new Term(1)))!, StringComparison.Ordinal);
    }

    [Fact]
    public void Swap_ReaderOfTheOldStore_GoesOnReadingIt()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        using ReadTransaction old = files.BeginRead();
        Install(files);
        Assert.Equal(1, KeyspaceReader.Revision(old));
        using ReadTransaction current = files.BeginRead();
        Assert.Equal(5, KeyspaceReader.Revision(current));
    }

    [Fact]
    public void R47_Install_OneAfterTheOther_TheLastCounts()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using (NodeFiles files = Open(disk))
        {
            Install(files);
            byte[] later = MakeStream(60);
            Install(files, later, 60);
            Assert.Equal((60ul, 61ul), (files.Keyspace.AppliedIndex, files.Log.FirstIndex));
        }

        disk.Crash(CrashKind.PowerLost);
        using NodeFiles again = Open(disk);
        Assert.Equal(60ul, Restore(again).Applied.Value);
    }

    [Theory]
    [InlineData(CrashKind.PowerLost, 0)]
    [InlineData(CrashKind.PowerLostTorn, 1)]
    public void R46_ConfigurationAppendedAfterAnInstallation_CutAnywhere_CountsBeforeThatOfTheSnapshotOnceItWasReported(CrashKind kind, ulong seed)
    {
        using SimulatedDisk member = Member(OldIndex);
        bool done = false;
        int appended = 0;
        for (int cut = 1; !done; cut++)
        {
            using SimulatedDisk disk = member.CrashedCopy(CrashKind.ProcessKilled, seed);
            using (NodeFiles files = Open(disk))
            {
                Install(files);
                byte[] next = Restore(files).Configuration!.WithLearner("127.0.0.1:4099", wantsVote: false).ToPayload();
                disk.InjectFault(null, cut, DiskFault.PowerCut);
                done = Record.Exception(() =>
                {
                    var log = new LogWriter(files.Log);
                    var entry = new Entry(new LogIndex(SnapshotIndex + 1), new Term(1), EntryKind.Configuration, next);
                    log.Append(new AppendEffect(8, null, [entry], MustFlush: true));
                    log.Flush();
                }) is null;
                disk.ClearFaults();
            }

            disk.Crash(kind);
            using NodeFiles again = Open(disk);
            ReplicaRestore restore = Restore(again);
            bool isThere = restore.LastIndex.Value == SnapshotIndex + 1;
            Assert.Equal(isThere ? 2 : 1, restore.Configuration!.Members.Count);
            Assert.Equal(isThere ? SnapshotIndex + 1 : 1, restore.ConfigurationIndex.Value);
            Assert.Equal(isThere ? 1 : 0, restore.EarlierConfigurations.Count);
            Assert.Equal(SnapshotIndex, restore.Applied.Value);
            Assert.True(isThere || !done, $"cut {cut}, {kind}, seed {seed}: it was reported and is gone.");
            appended += isThere ? 1 : 0;
        }

        Assert.NotEqual(0, appended);
    }

    [Fact]
    public void R49_StoreOlderThanTheLogBegins_IsRefusedWithTheRemedy()
    {
        using SimulatedDisk disk = Member(OldIndex);
        byte[] old = Read(disk, StorePath);
        using (NodeFiles files = Open(disk))
        {
            Install(files);
            files.Close();
        }

        // An operator puts the store of last week in its place.
        Write(disk, StorePath, old);
        using NodeFiles again = Open(disk);
        DataFolderException refusal = Assert.Throws<DataFolderException>(() => Restore(again));
        Assert.Contains($"begins at entry {SnapshotIndex + 1}, but the store has applied only up to {OldIndex}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void R50_Installed_HasTheHashOfTheStateThatWasSentAndNothingOfItsOwn()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        using SimulatedDisk sender = Member(OldIndex, birth: 2);
        using NodeFiles sent = Open(sender, birth: 2);
        ApplyKeys(sent, SnapshotIndex);
        using (ApplyBatch batch = files.Keyspace.BeginApply())
        {
            batch.Apply(OldIndex + 1, Put("own"));
            batch.Commit();
        }

        Install(files);
        using ReadTransaction theirs = sent.BeginRead();
        using ReadTransaction ours = files.BeginRead();
        Assert.Equal(KeyspaceReader.ComputeHash(theirs), KeyspaceReader.ComputeHash(ours));
        Assert.Equal(KeyspaceReader.Hash(ours), KeyspaceReader.ComputeHash(ours));
        Assert.True(files.Store.Check().IsHealthy);
    }

    private static int Count()
    {
        using SimulatedDisk disk = Member(OldIndex);
        using NodeFiles files = Open(disk);
        long before = disk.Counters.Operations;
        Install(files);
        return (int)(disk.Counters.Operations - before);
    }

    private static void Install(NodeFiles files) => Install(files, Stream.Value, SnapshotIndex);

    private static void Install(NodeFiles files, byte[] stream, ulong index)
    {
        using SnapshotFiles incoming = files.CreateSnapshotFiles();
        int half = stream.Length / 2;
        incoming.Write(new WriteSnapshotEffect(0, stream.AsMemory(0, half)));
        incoming.Write(new WriteSnapshotEffect(half, stream.AsMemory(half)));
        Assert.Null(incoming.Check(new CheckSnapshotEffect(new LogIndex(index), new Term(1))));
        var log = new LogWriter(files.Log);
        log.Install(new InstallSnapshotEffect(7, null, new LogIndex(index), new Term(1)));
        log.Flush();
        files.SwapStore(new SwapStoreEffect(new LogIndex(index), new Term(1)));
    }

    private static byte[] MakeStream() => MakeStream(SnapshotIndex);

    // What a member sends that has applied so much: four keys among entries that say nothing.
    private static byte[] MakeStream(ulong index)
    {
        using SimulatedDisk disk = Member(OldIndex, birth: 2);
        using NodeFiles files = Open(disk);
        ApplyKeys(files, index);
        using ReadTransaction state = files.BeginRead();
        using var stream = new MemoryStream();
        StoreSnapshot.Write(files.Store, state, stream);
        return stream.ToArray();
    }

    private static void ApplyKeys(NodeFiles files, ulong index)
    {
        using ApplyBatch batch = files.Keyspace.BeginApply();
        for (ulong i = OldIndex + 1; i <= index; i++)
        {
            if (i <= OldIndex + 4)
            {
                batch.Apply(i, Put($"key{i}"));
            }
            else
            {
                batch.Skip(i);
            }
        }

        batch.Commit();
    }

    private static byte[] Put(string key) => Google.Protobuf.MessageExtensions.ToByteArray(new HarmonyDB.Messages.CommandBatch
    {
        Commands =
        {
            new HarmonyDB.Messages.Command { Put = new HarmonyDB.Messages.PutCommand { Key = Google.Protobuf.ByteString.CopyFromUtf8(key), Value = Google.Protobuf.ByteString.CopyFromUtf8("v") } },
        },
    });

    private static long Revision(NodeFiles files)
    {
        using ReadTransaction read = files.BeginRead();
        return KeyspaceReader.Revision(read);
    }
}
