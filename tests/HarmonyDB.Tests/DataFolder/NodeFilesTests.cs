using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using Xunit;
using static HarmonyDB.Tests.DataFolder.FolderFixture;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>What a node starts from, and what it refuses to start from: a member must not come back with less than it vouched for.</summary>
public sealed class NodeFilesTests
{
    [Fact]
    public void Open_NewFolder_GetsABlankIdentityThatStays()
    {
        using var disk = new SimulatedDisk();
        using (NodeFiles files = Open(disk, birth: 7))
        {
            Assert.Equal(new FolderIdentity("n1", BirthId(7), 0, 0), files.Identity);
            ReplicaRestore restore = Restore(files);
            Assert.True(restore.Identity.IsBlank);
            Assert.Null(restore.Configuration);
            Assert.Equal(0ul, restore.LastIndex.Value);
        }

        using NodeFiles again = Open(disk, birth: 8);
        Assert.Equal(BirthId(7), again.Identity.BirthId);
    }

    [Fact]
    public void Restore_Member_KnowsItsClusterItsLogAndWhatIsApplied()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        using NodeFiles files = Open(disk);
        ReplicaRestore restore = Restore(files);
        Assert.Equal((ClusterId, 1ul), (restore.Identity.ClusterId, restore.Identity.MemberId));
        Assert.Equal(ClusterId, restore.Configuration!.ClusterId);
        Assert.Equal((1ul, 5ul, 5ul), (restore.FirstIndex.Value, restore.LastIndex.Value, restore.Applied.Value));
        Assert.Equal(5ul, restore.HardState.Commit.Value);
        Assert.Equal(1ul, Assert.Single(restore.TermBoundaries).Term.Value);
    }

    [Fact]
    public void Open_FolderOfAnotherNode_IsRefusedAndNamesBoth()
    {
        using SimulatedDisk disk = Member();
        DataFolderException refusal = Assert.Throws<DataFolderException>(() => NodeFiles.Open(SettingsWith("harmony.name = n2"), disk, Guid.NewGuid));
        Assert.Contains("\"n1\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("\"n2\"", refusal.Message, StringComparison.Ordinal);
        AssertOpens(disk);
    }

    [Fact]
    public void Open_FolderInUse_IsRefusedUntilItIsFree()
    {
        using var disk = new SimulatedDisk();
        using (Open(disk))
        {
            Assert.Throws<FileLockedException>(() => Open(disk));
        }

        AssertOpens(disk);
    }

    [Fact]
    public void Open_IdentityDamagedAtAnyByte_IsRefused()
    {
        using SimulatedDisk disk = Member();
        for (int offset = 0; offset < IdentityFile.LengthBytes; offset++)
        {
            byte mask = (byte)(1 << (offset % 8));
            disk.FlipBits(IdentityPath, offset, mask);
            AssertRefused(disk, "is damaged");
            disk.FlipBits(IdentityPath, offset, mask);
        }

        AssertOpens(disk);
    }

    [Fact]
    public void Open_IdentityOfAnotherLength_IsRefused()
    {
        using SimulatedDisk disk = Member();
        byte[] whole = Read(disk, IdentityPath);
        for (int length = 0; length < whole.Length; length++)
        {
            Write(disk, IdentityPath, whole[..length]);
            AssertRefused(disk, "is damaged");
        }

        Write(disk, IdentityPath, [.. whole, 0]);
        AssertRefused(disk, "is damaged");
        Write(disk, IdentityPath, whole);
        AssertOpens(disk);
    }

    [Fact]
    public void Open_IdentityOfANewerFormat_IsRefusedAndSaysSo()
    {
        using SimulatedDisk disk = Member();
        Write(disk, IdentityPath, IdentityBytes.WithFormat(Read(disk, IdentityPath), IdentityFile.FormatVersion + 1));
        AssertRefused(disk, "has format 2; this version reads format 1");
    }

    [Fact]
    public void Identity_OnDisk_HasTheBytesThatAreDocumented()
    {
        using var disk = new SimulatedDisk();
        disk.CreateDirectory(DataDirectory);
        IdentityFile.Write(disk, DataDirectory, new FolderIdentity("nö", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 0x0102030405060708, 9));
        byte[] bytes = Read(disk, IdentityPath);
        Assert.Equal(
            "48444249" + "44454e54" + "01000000" + "03000000" + "00112233445566778899aabbccddeeff" + "0807060504030201" + "0900000000000000" + "6ec3b6",
            Convert.ToHexStringLower(bytes.AsSpan(0, 51)));
        Assert.All(bytes[51..124], b => Assert.Equal(0, b));
        Assert.Equal(IdentityBytes.WithFormat(bytes, 1), bytes);
    }

    [Fact]
    public void R5_Open_FolderOfARemovedMember_IsRefusedWithTheRemedyForGood()
    {
        using SimulatedDisk disk = Member();
        using (NodeFiles files = Open(disk))
        {
            files.SaveIdentity(ClusterId, 1, isRemoved: true);
        }

        disk.Crash(CrashKind.PowerLost);
        Assert.Equal(1, Read(disk, IdentityPath)[112]);
        AssertRefused(disk, "which was removed from cluster 00000000000000c1 and cannot come back");
        AssertRefused(disk, "harmony member add 127.0.0.1:4053");
    }

    [Fact]
    public void Open_NameOfTheLongestKind_ComesBack()
    {
        string name = new('ä', IdentityFile.NameBytesMaximum / 2);
        var settings = SettingsWith($"harmony.name = {name}\nharmony.cluster.members = [{{ name = {name}, raft-address = \"127.0.0.1:1\" }}]");
        using var disk = new SimulatedDisk();
        NodeFiles.Open(settings, disk, Guid.NewGuid).Dispose();
        using NodeFiles again = NodeFiles.Open(settings, disk, Guid.NewGuid);
        Assert.Equal(name, again.Identity.Name);
    }

    [Fact]
    public void Open_IdentityLost_IsRefusedWhileThereIsAStoreOrALog()
    {
        using SimulatedDisk disk = Member();
        Lose(disk, IdentityPath);
        AssertRefused(disk, "no identity");
        Lose(disk, StorePath);
        AssertRefused(disk, "no identity");
    }

    [Fact]
    public void Open_StoreOfAnotherFolder_IsRefused()
    {
        using SimulatedDisk disk = Member();
        using SimulatedDisk other = Member(birth: 2);
        Write(disk, StorePath, Read(other, StorePath));
        AssertRefused(disk, "of another folder");
    }

    [Fact]
    public void Open_LogOfAnotherFolder_IsRefused()
    {
        using SimulatedDisk disk = Member();
        using SimulatedDisk other = Member(birth: 2);
        foreach (string segment in Segments(disk))
        {
            Write(disk, segment, Read(other, segment));
        }

        Assert.Contains("belongs to another owner", Assert.Throws<LogDamagedException>(() => Open(disk)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_StrayFiles_DoNoHarm()
    {
        using SimulatedDisk disk = Member();
        Write(disk, DataDirectory + "/lost+found", [1, 2, 3]);
        Write(disk, DataDirectory + "/identity.new", [1, 2, 3]);
        AssertOpens(disk);
    }

    [Fact]
    public void Restore_LogLost_IsRefused()
    {
        using SimulatedDisk disk = Member();
        Lose(disk, Segments(disk));
        AssertRefused(disk, "its log is empty");
    }

    [Fact]
    public void Restore_IdentityOfAClusterWithALogThatNeverBegan_IsRefused()
    {
        using var disk = new SimulatedDisk();
        using (NodeFiles files = Open(disk))
        {
            files.SaveIdentity(ClusterId, 1);
        }

        AssertRefused(disk, "its log is empty");
    }

    [Fact]
    public void Restore_LogThatDoesNotNameThisFolder_IsRefused()
    {
        using var disk = new SimulatedDisk();
        using (NodeFiles files = Open(disk))
        {
            AppendBirth(files, memberBirthId: BirthId(99));
        }

        AssertRefused(disk, "of another folder");
    }

    [Fact]
    public void Restore_StoreAheadOfTheLog_IsRefused()
    {
        using SimulatedDisk longer = Member(lastIndex: 9);
        using SimulatedDisk disk = Member(lastIndex: 3);
        Write(disk, StorePath, Read(longer, StorePath));
        AssertRefused(disk, "has applied entry 9, but the log ends at 3");
    }

    [Fact]
    public void Restore_StoreLostAndLogWhole_ReplaysAll()
    {
        using SimulatedDisk disk = Member(lastIndex: 5);
        Lose(disk, StorePath);
        using NodeFiles files = Open(disk);
        ReplicaRestore restore = Restore(files);
        Assert.Equal((0ul, 5ul), (restore.Applied.Value, restore.LastIndex.Value));
    }

    [Fact]
    public void R3_Restore_ConfigurationsBehindTheApplied_TheNewestIsInForceAndTheOthersCanComeBack()
    {
        using SimulatedDisk disk = Member(lastIndex: 3);
        using NodeFiles files = Open(disk);
        files.Log.Append(null, [Configuration(4, "n2"), new LogEntry(5, 1, (byte)EntryKind.Noop, default), Configuration(6, "n2", "n3")]);

        ReplicaRestore restore = Restore(files);

        Assert.Equal((6ul, 3), (restore.ConfigurationIndex.Value, restore.Configuration!.Members.Count));
        Assert.Equal([(1ul, 1), (4ul, 2)], restore.EarlierConfigurations.Select(e => (e.Index.Value, e.Configuration.Members.Count)));
    }

    [Fact]
    public void R46_Restore_LogShortenedBehindTheConfiguration_TakesItFromTheStore()
    {
        using SimulatedDisk disk = Member(lastIndex: 3);
        using (NodeFiles files = Open(disk))
        {
            FillSegments(files, through: 300);
            using (ApplyBatch batch = Apply(files, 300))
            {
                batch.Commit();
            }

            files.Store.Checkpoint();
            Assert.Equal(3ul, files.Store.OlderDurableMark);
            files.Log.TruncatePrefix(files.Store.OlderDurableMark + 1);
            Assert.Equal(1ul, files.Log.FirstIndex);

            // The next checkpoint makes the one before the older: only now may what it had applied go.
            files.Log.Append(null, [new LogEntry(301, 1, (byte)EntryKind.Noop, default)]);
            files.Log.Flush();
            using (ApplyBatch batch = Apply(files, 301))
            {
                batch.Commit();
            }

            files.Store.Checkpoint();
            files.Log.TruncatePrefix(files.Store.OlderDurableMark + 1);
            Assert.InRange(files.Log.FirstIndex, 2ul, 301ul);
        }

        disk.Crash(CrashKind.PowerLost);
        using NodeFiles again = Open(disk);
        ReplicaRestore restore = Restore(again);
        Assert.Equal((1ul, ClusterId), (restore.ConfigurationIndex.Value, restore.Configuration!.ClusterId));
        Assert.Equal((301ul, 301ul), (restore.Applied.Value, restore.LastIndex.Value));

        // R42: the term of the entry before the first one is known, too.
        Assert.Equal((restore.FirstIndex.Value - 1, 1ul), (restore.TermBoundaries[0].FirstIndex.Value, restore.TermBoundaries[0].Term.Value));
    }

    [Fact]
    public void R58_Restore_CommitBeyondTheEndOfTheLog_IsRefusedWithARemedy()
    {
        using SimulatedDisk disk = Member(lastIndex: 3);
        using (NodeFiles files = Open(disk))
        {
            files.Log.Append(new LogHardState(1, 0, 9), []);
            files.Log.Flush();
        }

        AssertRefused(disk, "entry 9 is committed, but ends at 3");
        AssertRefused(disk, "have this member replaced");
    }

    private static LogEntry Configuration(ulong index, params string[] others)
    {
        NodeIdentity[] members = [.. others.Prepend("n1").Select((name, i) => new NodeIdentity(name, $"127.0.0.1:{4053 + i}", [], BirthId(i + 1), 0, 0))];
        return new LogEntry(index, 1, (byte)EntryKind.Configuration, ClusterConfiguration.Initial(ClusterId, members).ToPayload());
    }

    private static void FillSegments(NodeFiles files, ulong through)
    {
        byte[] payload = new byte[1 << 10];
        for (ulong index = files.Log.LastIndex + 1; index <= through; index++)
        {
            files.Log.Append(null, [new LogEntry(index, 1, (byte)EntryKind.Noop, payload)]);
        }

        files.Log.Flush();
    }

    private static void AssertRefused(SimulatedDisk disk, string why)
    {
        DataFolderException refusal = Assert.Throws<DataFolderException>(() => AssertOpens(disk));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    private static void AssertOpens(SimulatedDisk disk)
    {
        using NodeFiles files = Open(disk, birth: 1000);
        Assert.Equal(BirthId(1), Restore(files).Identity.BirthId);
    }
}
