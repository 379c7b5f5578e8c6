using HarmonyDB.Storage.Files;
using Xunit;

namespace HarmonyDB.Storage.Tests.Files;

public sealed class SimulatedDiskTests : IDisposable
{
    private const string Folder = "/data";
    private const string FilePath = "/data/file";

    private readonly SimulatedDisk _disk = new(seed: 1, maximumFileBytes: 1 << 20);

    public SimulatedDiskTests()
    {
        _disk.CreateDirectory(Folder);
    }

    public void Dispose()
    {
        _disk.Dispose();
    }

    [Fact]
    public void W9_Crash_FileFlushedButNotItsName_IsGone()
    {
        using (var file = _disk.Open(FilePath, DiskFileMode.CreateNew))
        {
            file.Write(0, "abc"u8);
            file.Flush();
        }

        _disk.Crash();
        Assert.False(_disk.FileExists(FilePath));
    }

    [Fact]
    public void W9_Crash_NameFlushedButNotTheFile_LeavesItEmpty()
    {
        using (var file = _disk.Open(FilePath, DiskFileMode.CreateNew))
        {
            file.Write(0, "abc"u8);
            _disk.FlushDirectory(Folder);
        }

        _disk.Crash();
        using var again = _disk.Open(FilePath, DiskFileMode.Open);
        Assert.Equal(0, again.LengthBytes);
    }

    [Fact]
    public void Crash_WrittenAfterTheFlush_FallsBackToTheFlushedContent()
    {
        using var old = CreateFlushed("aaaa"u8);
        old.Write(1, "bbbbbb"u8);
        _disk.Crash();
        Assert.Equal("aaaa", Content(_disk));
        Assert.ThrowsAny<IOException>(() => old.Write(0, "x"u8));
    }

    [Fact]
    public void Crash_CutAfterTheFlush_BringsTheCutBytesBack()
    {
        using var file = CreateFlushed("abcdef"u8);
        file.SetLength(2);
        file.SetLength(6);
        Assert.Equal("ab\0\0\0\0", Content(_disk));
        _disk.Crash();
        Assert.Equal("abcdef", Content(_disk));
    }

    [Fact]
    public void Crash_ProcessKilledOnly_KeepsWhatWasWrittenUntilThePowerGoes()
    {
        using var file = CreateFlushed("aaaa"u8);
        file.Write(0, "bbbb"u8);
        _disk.Crash(CrashKind.ProcessKilled);
        Assert.Equal("bbbb", Content(_disk));
        _disk.Crash();
        Assert.Equal("aaaa", Content(_disk));
    }

    [Fact]
    public void CrashedCopy_Torn_LosesSectorsIndependentlyAndRepeatably()
    {
        using var file = CreateFlushed(new byte[4 * 512]);
        file.Write(0, Enumerable.Repeat((byte)1, 4 * 512).ToArray());
        var images = new HashSet<string>();
        for (var seed = 0ul; seed < 300; seed++)
        {
            using var copy = _disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
            using var again = _disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
            var content = Content(copy);
            Assert.Equal(content, Content(again));
            images.Add($"{content[0]}{content[512]}{content[1024]}{content[1536]}");
            Assert.Equal(content[0], content[511]);
        }

        Assert.Equal(16, images.Count);
    }

    [Fact]
    public void Rename_OverAnotherFileUnflushed_CrashKeepsTheOldOne()
    {
        using var file = CreateFlushed("old"u8);
        using (var next = _disk.Open("/data/next", DiskFileMode.CreateNew))
        {
            next.Write(0, "new"u8);
            next.Flush();
        }

        _disk.Rename("/data/next", FilePath);
        Assert.Equal("new", Content(_disk));
        using var flushed = _disk.CrashedCopy(CrashKind.PowerLost, 0);
        Assert.Equal("old", Content(flushed));
        _disk.FlushDirectory(Folder);
        _disk.Crash();
        Assert.Equal("new", Content(_disk));
        Assert.Equal(["file"], _disk.ListFiles(Folder));
    }

    [Fact]
    public void W8_Flush_InjectedFailure_LatchesAndTheDataStaysLostAfterALaterFlush()
    {
        var file = CreateFlushed("aaaa"u8);
        file.Write(0, "bbbb"u8);
        _disk.InjectFault(DiskOperationKind.Flush, 1, DiskFault.DeviceError);
        Assert.Throws<DeviceFailedException>(file.Flush);
        Assert.Throws<DeviceFailedException>(() => file.Write(0, "c"u8));
        _disk.Crash(CrashKind.ProcessKilled);
        using (var again = _disk.Open(FilePath, DiskFileMode.Open))
        {
            again.Flush();
        }

        Assert.Equal("bbbb", Content(_disk));
        _disk.Crash();
        Assert.Equal("aaaa", Content(_disk));
    }

    [Fact]
    public void Write_BeyondTheCapacity_ThrowsDiskFullAndSpaceComesBackWithDelete()
    {
        _disk.CapacityBytes = 1_000;
        using var file = CreateFlushed(new byte[900]);
        Assert.Throws<DiskFullException>(() => file.Write(800, new byte[300]));
        Assert.Throws<DiskFullException>(() => file.Allocate(1_001));
        _disk.Delete(FilePath);
        using var other = _disk.Open("/data/other", DiskFileMode.CreateNew);
        other.Allocate(1_000);
        Assert.Null(_disk.Failure);
    }

    [Fact]
    public unsafe void Map_FileGrows_OldMappingStaysAndShowsWrites()
    {
        using var file = CreateFlushed(new byte[4_096]);
        using var mapping = file.Map(4_096);
        file.Allocate(1 << 20);
        file.Write(100, "x"u8);
        Assert.Equal((byte)'x', mapping.Pointer[100]);
        Assert.Equal(0, (nint)mapping.Pointer % 4_096);
    }

    [Fact]
    public unsafe void B40_ChangeOfAMapping_StaysPrivateUntilItIsDiscarded()
    {
        using var file = CreateFlushed("aaaa"u8);
        using var mapping = file.Map(1 << 20);
        mapping.BeginChange(0, 4_096);
        mapping.Pointer[0] = (byte)'b';
        file.Write(1, "c"u8);
        Assert.Equal("acaa", Content(_disk));
        Assert.Equal((byte)'b', mapping.Pointer[0]);
        Assert.Equal((byte)'a', mapping.Pointer[1]);
        mapping.Discard(0, 4_096);
        Assert.Equal("acaa"u8, new ReadOnlySpan<byte>(mapping.Pointer, 4));
        file.Write(5_000, "d"u8);
        Assert.Equal((byte)'d', mapping.Pointer[5_000]);
    }

    [Fact]
    public void InjectFault_PowerCut_StopsEverythingUntilTheCrash()
    {
        using var file = CreateFlushed("aaaa"u8);
        _disk.InjectFault(kind: null, 2, DiskFault.PowerCut);
        file.Write(0, "b"u8);
        Assert.Throws<PowerCutException>(file.Flush);
        Assert.Throws<PowerCutException>(() => _disk.ListFiles(Folder));
        _disk.Crash();
        Assert.Equal("aaaa", Content(_disk));
    }

    [Fact]
    public void Operations_Recorded_AreInOrder()
    {
        _disk.RecordsOperations = true;
        CreateFlushed("ab"u8).Dispose();
        Assert.Equal(
            [
                new DiskOperation(DiskOperationKind.Create, FilePath, 0, 0),
                new DiskOperation(DiskOperationKind.Write, FilePath, 0, 2),
                new DiskOperation(DiskOperationKind.Flush, FilePath, 0, 0),
                new DiskOperation(DiskOperationKind.FlushDirectory, Folder, 0, 0),
            ],
            _disk.Operations);
        Assert.Equal(new DiskCounters(Writes: 1, WrittenBytes: 2, Flushes: 1, DirectoryFlushes: 1, Operations: 4), _disk.Counters);
    }

    [Fact]
    public void Lock_Held_IsRefusedUntilReleasedOrCrashed()
    {
        var held = _disk.Lock("/data/lock");
        Assert.Throws<FileLockedException>(() => _disk.Lock("/data/lock"));
        _disk.Crash(CrashKind.ProcessKilled);
        using var next = _disk.Lock("/data/lock");
        held.Dispose();
        Assert.Throws<FileLockedException>(() => _disk.Lock("/data/lock"));
    }

    private static string Content(SimulatedDisk disk)
    {
        using var file = disk.Open(FilePath, DiskFileMode.Open);
        var bytes = new byte[file.LengthBytes];
        file.Read(0, bytes);
        return System.Text.Encoding.Latin1.GetString(bytes);
    }

    private IDiskFile CreateFlushed(ReadOnlySpan<byte> content)
    {
        var file = _disk.Open(FilePath, DiskFileMode.CreateNew);
        file.Write(0, content);
        file.Flush();
        _disk.FlushDirectory(Folder);
        return file;
    }
}
