using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using Xunit;
using static HarmonyDB.Tests.DataFolder.FolderFixture;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>Files that are damaged: nothing of them is served, nothing is thrown away, and a member that may have forgotten something never votes again.</summary>
public sealed class DamageTests
{
    private const int FirstRecordOffset = 4096 + 24;
    private const string QuarantineDirectory = DataDirectory + "/quarantine";

    private static readonly HarmonySettings Stays = SettingsWith("harmony.recovery.rejoin-when-damaged = off");

    private static readonly HarmonySettings Alone = SettingsWith("harmony.cluster.members = [{ name = n1, raft-address = \"127.0.0.1:4053\" }]");

    [Fact]
    public void W4_Open_RecordBelowTheFlushedPositionIsDamaged_SetsEverythingAsideAndBeginsAnewInItsOwnPlace()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        DamageLog(disk);
        byte[] log = Read(disk, Segments(disk)[0]);
        byte[] store = Read(disk, StorePath);
        byte[] identity = Read(disk, IdentityPath);
        var told = new List<string>();

        using (NodeFiles files = NodeFiles.Open(Settings, disk, () => BirthId(2), told.Add))
        {
            Assert.Equal(new FolderIdentity("n1", BirthId(2), 0, 0) { Replaces = (ClusterId, 1) }, files.Identity);
            ReplicaRestore restore = Restore(files);
            Assert.True(restore.Identity.IsBlank);
            Assert.Equal((ClusterId, 1ul), restore.Identity.Replaces);
            Assert.Equal((0ul, 0ul, 0ul), (restore.HardState.Term.Value, restore.LastIndex.Value, restore.Applied.Value));
        }

        Assert.Contains(told, t => t.Contains("is damaged at byte 4096", StringComparison.Ordinal) && t.Contains(QuarantineDirectory, StringComparison.Ordinal));
        string[] kept = [.. disk.ListFiles(QuarantineDirectory).Select(name => $"{QuarantineDirectory}/{name}")];
        Assert.Equal(log, Read(disk, kept.Single(f => f.EndsWith(".log", StringComparison.Ordinal))));
        Assert.Equal(store, Read(disk, $"{QuarantineDirectory}/1-store.hdb"));
        Assert.Equal(identity, Read(disk, $"{QuarantineDirectory}/1-identity"));

        // It stays what it is now, and asks again after a restart; as a member of its own it asks no more.
        using NodeFiles again = Open(disk, birth: 3);
        Assert.Equal((BirthId(2), (ClusterId, 1ul)), (again.Identity.BirthId, again.Identity.Replaces));
        again.SaveIdentity(ClusterId, 4);
        Assert.Equal(new FolderIdentity("n1", BirthId(2), ClusterId, 4), IdentityFile.Read(disk, DataDirectory));
    }

    [Fact]
    public void W4_Open_LogIsDamagedAndItMayNotRejoin_IsRefusedWithFileOffsetAndCommandsAndNothingIsChanged()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        DamageLog(disk);
        byte[] log = Read(disk, Segments(disk)[0]);

        string refusal = Assert.Throws<DataFolderException>(() => NodeFiles.Open(Stays, disk, Guid.NewGuid)).Message;

        Assert.Contains(Segments(disk)[0], refusal, StringComparison.Ordinal);
        Assert.Contains("at byte 4096", refusal, StringComparison.Ordinal);
        Assert.Contains("harmony member remove 1; harmony member add 127.0.0.1:4053", refusal, StringComparison.Ordinal);
        Assert.Equal(log, Read(disk, Segments(disk)[0]));
        Assert.False(disk.DirectoryExists(QuarantineDirectory));
    }

    [Fact]
    public void W4_Open_LogIsDamagedAndNobodyElseHasTheData_IsRefused()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        DamageLog(disk);
        Assert.Contains("No other member has the data", Assert.Throws<DataFolderException>(() => NodeFiles.Open(Alone, disk, Guid.NewGuid)).Message, StringComparison.Ordinal);
        Assert.False(disk.DirectoryExists(QuarantineDirectory));
    }

    [Fact]
    public void W20_Open_StoreIsDamagedAndTheLogIsWhole_SetsTheStoreAsideKeepsItsVoteAndReplays()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        DamageStore(disk);
        byte[] store = Read(disk, StorePath);

        using NodeFiles files = NodeFiles.Open(Alone, disk, Guid.NewGuid);
        ReplicaRestore restore = Restore(files);

        Assert.Equal((BirthId(1), ClusterId, 1ul), (files.Identity.BirthId, files.Identity.ClusterId, files.Identity.MemberId));
        Assert.Equal((5ul, 0ul, 1ul), (restore.LastIndex.Value, restore.Applied.Value, restore.HardState.Term.Value));
        Assert.Equal(store, Read(disk, $"{QuarantineDirectory}/1-store.hdb"));
        using ApplyBatch batch = Apply(files, 5);
        batch.Commit();
        Assert.Equal(5ul, files.Keyspace.AppliedIndex);
    }

    [Fact]
    public void W20_Open_StoreWasFoundDamagedWhileTheNodeRan_IsSetAsideAlthoughItOpens()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        using (NodeFiles files = Open(disk))
        {
            files.MarkStoreDamaged();
        }

        disk.Crash(CrashKind.PowerLost);
        using (NodeFiles files = Open(disk))
        {
            Assert.Equal((0ul, 5ul), (files.Keyspace.AppliedIndex, files.Log.LastIndex));
        }

        using NodeFiles again = Open(disk);
        Assert.Single(disk.ListFiles(QuarantineDirectory));
    }

    [Fact]
    public void R48_W20_Open_StoreIsDamagedAndTheLogBeginsLater_BeginsAnew()
    {
        using SimulatedDisk disk = Shortened();
        DamageStore(disk);
        string refusal = Assert.Throws<DataFolderException>(() => NodeFiles.Open(Stays, disk, Guid.NewGuid)).Message;
        Assert.Contains("it cannot make the store again", refusal, StringComparison.Ordinal);

        using NodeFiles files = Open(disk, birth: 2);
        Assert.Equal(new FolderIdentity("n1", BirthId(2), 0, 0) { Replaces = (ClusterId, 1) }, files.Identity);
        Assert.Equal((1ul, 0ul, 0ul), (files.Log.FirstIndex, files.Log.LastIndex, files.Keyspace.AppliedIndex));
        Assert.Contains("1-store.hdb", disk.ListFiles(QuarantineDirectory));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void W16_Open_SettingAsideIsCutOffAtAnyOperation_EndsAsIfItWereNot(int crashes)
    {
        byte[] log;
        using (SimulatedDisk disk = Damaged())
        {
            log = Read(disk, Segments(disk)[0]);
        }

        bool cut = true;
        for (int first = 1; cut; first += crashes)
        {
            using SimulatedDisk disk = Damaged();
            for (int crash = 0; crash < crashes; crash++)
            {
                disk.InjectFault(null, first + (crash * 3 % 7), DiskFault.PowerCut);
                cut = Record.Exception(() => Open(disk, birth: 10 + crash).Dispose()) is PowerCutException;
                disk.Crash(CrashKind.PowerLostTorn);
            }

            using NodeFiles files = Open(disk, birth: 20);
            Assert.Equal((0ul, (ClusterId, 1ul)), (files.Identity.ClusterId, files.Identity.Replaces));
            Assert.NotEqual(BirthId(1), files.Identity.BirthId);
            Assert.Equal(0ul, files.Log.LastIndex);
            Assert.Equal(0ul, files.Keyspace.AppliedIndex);
            string kept = disk.ListFiles(QuarantineDirectory).Single(f => f.EndsWith(".log", StringComparison.Ordinal));
            Assert.Equal(log, Read(disk, $"{QuarantineDirectory}/{kept}"));
            Assert.False(Quarantine.IsFolderMarked(disk, DataDirectory));
        }
    }

    [Fact]
    public void RecoveryProgress_OpeningTakesLong_IsALineASecond()
    {
        var told = new List<string>();
        var time = new ManualTime();
        var progress = new RecoveryProgress(told.Add, time);
        progress.Report(10, 100 << 20);
        time.Ticks += TimeSpan.TicksPerSecond;
        progress.Report(25 << 20, 100 << 20);
        progress.Report(30 << 20, 100 << 20);
        time.Ticks += TimeSpan.TicksPerSecond;
        progress.Report(75 << 20, 100 << 20);
        Assert.Equal(["Verifying the log: 25 % of 100 MiB.", "Verifying the log: 75 % of 100 MiB."], told);
    }

    private static SimulatedDisk Damaged()
    {
        SimulatedDisk disk = Member(lastIndex: 5);
        DamageLog(disk);
        return disk;
    }

    private static void DamageLog(SimulatedDisk disk) => disk.FlipBits(Segments(disk)[0], FirstRecordOffset, 0x10);

    private static void DamageStore(SimulatedDisk disk)
    {
        // Both meta pages.
        for (int offset = 16; offset < 64; offset++)
        {
            disk.FlipBits(StorePath, offset, 0xFF);
            disk.FlipBits(StorePath, 4096 + offset, 0xFF);
        }
    }

    // A member whose log begins after what the store has applied for long.
    private static SimulatedDisk Shortened()
    {
        SimulatedDisk disk = Member(lastIndex: 3);
        using NodeFiles files = Open(disk);
        for (ulong last = 300; last <= 301; last++)
        {
            for (ulong index = files.Log.LastIndex + 1; index <= last; index++)
            {
                files.Log.Append(new LogHardState(1, 0, index - 1), [new LogEntry(index, 1, (byte)EntryKind.Noop, new byte[1 << 10])]);
            }

            files.Log.Flush();
            using (ApplyBatch batch = Apply(files, last))
            {
                batch.Commit();
            }

            files.Store.Checkpoint();
        }

        files.Log.TruncatePrefix(files.Store.OlderDurableMark + 1);
        Assert.True(files.Log.FirstIndex > 1);
        files.Close();
        return disk;
    }

    private sealed class ManualTime : TimeProvider
    {
        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;
    }
}
