using HarmonyDB.Storage.Files;
using Xunit;

namespace HarmonyDB.Storage.Tests.Files;

public sealed class SystemDiskTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("harmonydb-").FullName;
    private readonly SystemDisk _disk = new();

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void File_WrittenFlushedAndReopened_HasTheBytes()
    {
        var path = Path.Combine(_directory, "file");
        using (var file = _disk.Open(path, DiskFileMode.CreateNew))
        {
            file.Allocate(10_000);
            file.Write(5_000, "hello"u8);
            file.Flush();
        }

        _disk.FlushDirectory(_directory);
        using var again = _disk.Open(path, DiskFileMode.ReadOnly);
        var bytes = new byte[10_001];
        Assert.Equal(10_000, again.LengthBytes);
        Assert.Equal(10_000, again.Read(0, bytes));
        Assert.Equal("hello"u8, bytes.AsSpan(5_000, 5));
        Assert.Equal(0, bytes[4_999]);
    }

    [Fact]
    public void N5_Allocate_TakesBlocksSoThatALaterWriteNeedsNone()
    {
        const int LengthBytes = 1 << 20;
        var path = Path.Combine(_directory, "file");
        using var file = _disk.Open(path, DiskFileMode.CreateNew);
        file.Allocate(LengthBytes);
        Assert.Equal(LengthBytes, file.LengthBytes);
        if (OperatingSystem.IsLinux())
        {
            using var stat = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
            var blocks = stat.StandardOutput.ReadToEnd();
            stat.WaitForExit();
            Assert.True(long.Parse(blocks, System.Globalization.CultureInfo.InvariantCulture) * 512 >= LengthBytes, $"{blocks.Trim()} blocks of 512 bytes.");
        }
    }

    [Fact]
    public unsafe void Map_LaterWritesThroughTheFile_AreSeen()
    {
        using var file = _disk.Open(Path.Combine(_directory, "file"), DiskFileMode.OpenOrCreate);
        file.Allocate(8_192);
        using var mapping = file.Map(8_192);
        file.Write(4_095, "xy"u8);
        Assert.Equal("xy"u8, new ReadOnlySpan<byte>(mapping.Pointer + 4_095, 2));
        Assert.Equal(8_192, mapping.LengthBytes);
    }

    [Fact]
    public unsafe void B40_ChangeOfAMapping_StaysPrivateUntilItIsDiscarded()
    {
        using var file = _disk.Open(Path.Combine(_directory, "file"), DiskFileMode.OpenOrCreate);
        file.Allocate(4_096);
        file.Write(0, "aaaa"u8);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Map(0));
        using var mapping = file.Map(file.MapsBeyondEnd ? 1 << 20 : 4_096);
        mapping.BeginChange(0, 4_096);
        mapping.Pointer[0] = (byte)'b';
        file.Flush();
        byte[] content = new byte[4];
        file.Read(0, content);
        Assert.Equal("aaaa"u8, content);
        Assert.Equal((byte)'b', mapping.Pointer[0]);
        mapping.Discard(0, 4_096);
        Assert.Equal("aaaa"u8, new ReadOnlySpan<byte>(mapping.Pointer, 4));
        if (file.MapsBeyondEnd)
        {
            file.Allocate(8_192);
            file.Write(5_000, "d"u8);
            Assert.Equal((byte)'d', mapping.Pointer[5_000]);
        }
    }

    [Fact]
    public unsafe void N6_MapAfterDispose_GivesNoPointer()
    {
        using var file = _disk.Open(Path.Combine(_directory, "file"), DiskFileMode.OpenOrCreate);
        file.SetLength(4_096);
        var mapping = file.Map(4_096);
        mapping.Dispose();
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)mapping.Pointer);
    }

    [Fact]
    public void Open_ByMode_RefusesWhatIsMissingOrThere()
    {
        var path = Path.Combine(_directory, "file");
        Assert.Throws<FileNotFoundException>(() => _disk.Open(path, DiskFileMode.Open));
        _disk.Open(path, DiskFileMode.CreateNew).Dispose();
        Assert.ThrowsAny<IOException>(() => _disk.Open(path, DiskFileMode.CreateNew));
    }

    [Fact]
    public void N4_Directories_AreCreatedFlushedAndListed()
    {
        var directory = Path.Combine(_directory, "a", "b");
        _disk.CreateDirectory(directory);
        _disk.Open(Path.Combine(directory, "2"), DiskFileMode.CreateNew).Dispose();
        _disk.Open(Path.Combine(directory, "1"), DiskFileMode.CreateNew).Dispose();
        _disk.Rename(Path.Combine(directory, "2"), Path.Combine(directory, "3"));
        _disk.Delete(Path.Combine(directory, "missing"));
        _disk.FlushDirectory(directory);
        Assert.Equal(["1", "3"], _disk.ListFiles(directory));
        Assert.Throws<DirectoryNotFoundException>(() => _disk.FlushDirectory(Path.Combine(_directory, "none")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        }
    }

    [Fact]
    public void N8_Lock_HeldInThisProcess_IsRefusedToASecondHolder()
    {
        var path = Path.Combine(_directory, "lock");
        using (_disk.Lock(path))
        {
            Assert.Throws<FileLockedException>(() => new SystemDisk().Lock(path));
        }

        _disk.Lock(path).Dispose();
    }

    [Fact]
    public void N1_N9_Flush_WhenTheSystemCallFails_ThrowsItsErrorNumberAndLatches()
    {
        // Flushing this device fails with EINVAL, which .NET itself reports to nobody.
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        using var other = _disk.Open(Path.Combine(_directory, "file"), DiskFileMode.CreateNew);
        using var file = _disk.Open("/dev/full", DiskFileMode.Open);
        var failure = Assert.Throws<DeviceFailedException>(() => file.Flush());
        Assert.Equal(22, failure.ErrorNumber);
        Assert.Same(failure, _disk.Failure);
        Assert.Same(failure, Assert.Throws<DeviceFailedException>(() => other.Write(0, "x"u8)));
        Assert.Same(failure, Assert.Throws<DeviceFailedException>(() => other.Flush()));
        Assert.Same(failure, Assert.Throws<DeviceFailedException>(() => _disk.FlushDirectory(_directory)));
        Assert.Equal(0, other.Read(0, new byte[1]));
    }

    [Fact]
    public void Write_WhenNoSpaceIsLeft_ThrowsDiskFullAndDoesNotLatch()
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        using var file = _disk.Open("/dev/full", DiskFileMode.Open);
        Assert.Throws<DiskFullException>(() => file.Write(0, new byte[4_096]));
        Assert.Null(_disk.Failure);
    }

    [Fact]
    public unsafe void N10_Write_WhenTheDeviceFails_ThrowsItsErrorNumberAndLatches()
    {
        // Nothing is mapped at address zero, which this file of Linux answers with EIO.
        if (!File.Exists("/proc/self/mem"))
        {
            return;
        }

        using var other = _disk.Open(Path.Combine(_directory, "file"), DiskFileMode.CreateNew);
        using var memory = _disk.Open("/proc/self/mem", DiskFileMode.Open);
        var failure = Assert.Throws<DeviceFailedException>(() => memory.Write(0, "x"u8));
        Assert.Equal(("pwrite", 5), (failure.Operation, failure.ErrorNumber));
        Assert.Same(failure, _disk.Failure);
        Assert.Same(failure, Assert.Throws<DeviceFailedException>(other.Flush));
    }

    [Fact]
    public unsafe void N11_Write_OfWhichTheSystemTakesOnlyAPart_IsNotTakenForDone()
    {
        // Of a mapping that is longer than its file the system writes the first page and says that this was all; the second one it then refuses.
        const int PageBytes = 4_096;
        if (!File.Exists("/proc/self/mem"))
        {
            return;
        }

        var mappedDisk = new SystemDisk();
        using var mapped = mappedDisk.Open(Path.Combine(_directory, "mapped"), DiskFileMode.CreateNew);
        mapped.Allocate(PageBytes);
        using var mapping = mapped.Map(2 * PageBytes);
        using var memory = _disk.Open("/proc/self/mem", DiskFileMode.Open);
        var bytes = new byte[2 * PageBytes];
        Array.Fill(bytes, (byte)7);
        memory.Write((nint)mapping.Pointer, bytes.AsSpan(0, PageBytes));
        Assert.Null(_disk.Failure);
        Array.Fill(bytes, (byte)8);
        Assert.Throws<DeviceFailedException>(() => memory.Write((nint)mapping.Pointer, bytes));
        Assert.Equal(8, mapping.Pointer[PageBytes - 1]);
    }

    [Fact]
    public void N11_SetLength_WhenTheSystemRefuses_Throws()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var file = _disk.Open(Path.Combine(_directory, "file"), DiskFileMode.CreateNew);
        Assert.ThrowsAny<Exception>(() => file.SetLength(long.MaxValue));
        Assert.Equal(0, file.LengthBytes);
    }
}
