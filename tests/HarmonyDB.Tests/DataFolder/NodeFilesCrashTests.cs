using HarmonyDB.DataFolder;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using Xunit;
using static HarmonyDB.Tests.DataFolder.FolderFixture;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>
/// The first life of a folder, from nothing to a member that was closed in good order, cut off at each thing it asks of the disk. Whatever is
/// left opens, and what the life was told is true.
/// </summary>
public sealed class NodeFilesCrashTests
{
    public static TheoryData<CrashKind, ulong> Crashes => new()
    {
        { CrashKind.ProcessKilled, 0 },
        { CrashKind.PowerLost, 0 },
        { CrashKind.PowerLostTorn, 1 },
        { CrashKind.PowerLostTorn, 2 },
        { CrashKind.PowerLostTorn, 3 },
    };

    [Theory]
    [MemberData(nameof(Crashes))]
    public void W9_W10_FirstLife_CutAtAnyDiskOperation_OpensAndKeepsWhatItWasTold(CrashKind kind, ulong seed)
    {
        int operations = CountOperations();
        Assert.True(operations > 15, $"Only {operations} operations: this test has lost its subject.");
        for (int cut = 1; cut <= operations; cut++)
        {
            using var disk = new SimulatedDisk(seed);
            disk.InjectFault(null, cut, DiskFault.PowerCut);
            var told = new Told();
            Assert.Throws<PowerCutException>(() => Live(disk, told));
            disk.Crash(kind);
            Check(disk, told, $"cut {cut}, {kind}, seed {seed}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void W16_OpeningAfterACrash_CutAtAnyDiskOperationAndOnceMore_OpensAndKeepsWhatItWasTold(ulong seed)
    {
        int operations = CountOperations();
        for (int cut = 1; cut <= operations; cut++)
        {
            bool second = true;
            for (int secondCut = 1; second; secondCut++)
            {
                using var disk = new SimulatedDisk(seed + (ulong)secondCut);
                disk.InjectFault(null, cut, DiskFault.PowerCut);
                var told = new Told();
                Assert.Throws<PowerCutException>(() => Live(disk, told));
                disk.Crash(CrashKind.PowerLostTorn);
                disk.InjectFault(null, secondCut, DiskFault.PowerCut);
                second = Record.Exception(() => Restart(disk, told)) is PowerCutException;
                disk.Crash(CrashKind.PowerLostTorn);
                int thirdCut = 1 + (secondCut * 5 % 11);
                disk.InjectFault(null, thirdCut, DiskFault.PowerCut);
                Record.Exception(() => Restart(disk, told));
                disk.Crash(CrashKind.PowerLostTorn);
                Check(disk, told, $"cut {cut}, then {secondCut}, then {thirdCut}, seed {seed}");
            }
        }
    }

    [Fact]
    public void W5_FirstLife_DiskFullAtAnyOperation_IsToldAndOpensOnceThereIsSpace()
    {
        int operations = CountOperations();
        int refused = 0;
        for (int full = 1; full <= operations; full++)
        {
            using var disk = new SimulatedDisk();
            disk.InjectFault(null, full, DiskFault.DiskFull);
            var told = new Told();
            Exception? failure = Record.Exception(() => Live(disk, told));
            failure = failure is DataFolderException ? failure.InnerException : failure;
            Assert.True(failure is null or DiskFullException or DeviceFailedException, $"Operation {full}: {failure}");
            refused += failure is DiskFullException ? 1 : 0;
            if (failure is DeviceFailedException)
            {
                // No space when flushing: what was promised is gone, as with any failed flush.
                disk.Crash(CrashKind.PowerLost);
            }

            disk.ClearFaults();
            Check(disk, told, $"disk full at {full}");
        }

        Assert.True(refused > 5, $"Only {refused} operations noticed that the disk was full.");
    }

    [Theory]
    [InlineData(CrashKind.ProcessKilled)]
    [InlineData(CrashKind.PowerLost)]
    [InlineData(CrashKind.PowerLostTorn)]
    public void R5_Removal_CutAtAnyDiskOperation_IsRememberedWholeOrNotAtAll(CrashKind kind)
    {
        int remembered = 0;
        bool done = false;
        for (int cut = 1; !done; cut++)
        {
            using SimulatedDisk disk = Member(lastIndex: 3);
            using (NodeFiles files = Open(disk))
            {
                disk.InjectFault(null, cut, DiskFault.PowerCut);
                done = Record.Exception(() => files.SaveIdentity(ClusterId, 1, isRemoved: true)) is null;
                disk.ClearFaults();
            }

            disk.Crash(kind);
            Exception? refusal = Record.Exception(() =>
            {
                using NodeFiles files = Open(disk);
                Assert.Equal(3ul, Restore(files).LastIndex.Value);
            });
            Assert.True(refusal is null or DataFolderException, $"cut {cut}: {refusal}");
            Assert.True(refusal is null || refusal.Message.Contains("was removed", StringComparison.Ordinal), $"cut {cut}: {refusal}");
            Assert.True(refusal is not null || !done, $"cut {cut}: it was recorded, and forgotten.");
            remembered += refusal is null ? 0 : 1;
        }

        Assert.InRange(remembered, 1, int.MaxValue);
    }

    [Fact]
    public void W8_FirstLife_DeviceErrorAtAnyOperation_StopsItAndTheNextOneOpens()
    {
        int operations = CountOperations();
        for (int failed = 1; failed <= operations; failed++)
        {
            using var disk = new SimulatedDisk();
            disk.InjectFault(null, failed, DiskFault.DeviceError);
            var told = new Told();
            Exception? failure = Record.Exception(() => Live(disk, told));
            Assert.IsType<DeviceFailedException>(failure is DataFolderException ? failure.InnerException : failure);
            disk.Crash(CrashKind.PowerLost);
            Check(disk, told, $"device error at {failed}");
        }
    }

    private static int CountOperations()
    {
        using var disk = new SimulatedDisk();
        Live(disk, new Told());
        return (int)disk.Counters.Operations;
    }

    private static void Live(SimulatedDisk disk, Told told)
    {
        using NodeFiles files = Open(disk, birth: 1);
        told.BirthId = files.Identity.BirthId;
        AppendBirth(files);
        told.Born = true;
        files.SaveIdentity(ClusterId, 1);
        told.Saved = true;
        files.Close();
    }

    private static void Restart(SimulatedDisk disk, Told told)
    {
        using NodeFiles files = Open(disk, birth: 2);
        told.BirthId ??= files.Identity.BirthId;
        ReplicaRestore restore = Restore(files);
        told.Saved |= restore.Identity.ClusterId == ClusterId;
    }

    private static void Check(SimulatedDisk disk, Told told, string when)
    {
        try
        {
            using NodeFiles files = Open(disk, birth: 3);
            ReplicaRestore restore = Restore(files);
            Assert.Equal(told.BirthId ?? restore.Identity.BirthId, restore.Identity.BirthId);
            Assert.Equal(restore.Configuration is null, restore.Identity.IsBlank);
            if (told.Born || told.Saved)
            {
                Assert.Equal(ClusterId, restore.Configuration?.ClusterId);
                Assert.Equal((ClusterId, 1ul), (files.Identity.ClusterId, files.Identity.MemberId));
            }
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"What was left did not open as it should: {when}. {e.Message}", e);
        }
    }

    /// <summary>What the life that was cut off had been told, and would have told others.</summary>
    private sealed class Told
    {
        public Guid? BirthId { get; set; }

        public bool Born { get; set; }

        public bool Saved { get; set; }
    }
}
