using HarmonyDB.DataFolder;
using HarmonyDB.Storage.Files;
using Xunit;
using static HarmonyDB.Tests.DataFolder.FolderFixture;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>What a node refuses before it uses a folder: the message says what is wrong and what to do.</summary>
public sealed class FolderChecksTests
{
    [Fact]
    public void N8_Refusal40_Open_LockThatKeepsNobodyOut_IsRefusedAndNamesTheFileSystem()
    {
        using var disk = new SimulatedDisk();
        DataFolderException refusal = Assert.Throws<DataFolderException>(() => Open(new PretendingDisk(disk) { LocksMeanNothing = true }));
        Assert.Contains("pretendfs", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"'{DataDirectory}/lock' be locked twice", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Set harmony.data-dir", refusal.Message, StringComparison.Ordinal);
        Assert.False(disk.FileExists(IdentityPath));
    }

    [Fact]
    public void Refusal40_Open_FileSystemThatForgets_IsRefused()
    {
        using var disk = new SimulatedDisk();
        DataFolderException refusal = Assert.Throws<DataFolderException>(() => Open(new PretendingDisk(disk) { ForgetsWrites = true }));
        Assert.Contains("could not be read back", refusal.Message, StringComparison.Ordinal);
        Assert.False(disk.FileExists(IdentityPath));
    }

    [Theory]
    [InlineData(DiskOperationKind.Flush, "fdatasync")]
    [InlineData(DiskOperationKind.FlushDirectory, "fsync")]
    public void N1_Refusal40_Open_FlushThatFails_IsRefused(DiskOperationKind kind, string call)
    {
        using var disk = new SimulatedDisk();
        disk.CreateDirectory(DataDirectory);
        disk.InjectFault(kind, 1, DiskFault.DeviceError);
        DataFolderException refusal = Assert.Throws<DataFolderException>(() => Open(disk));
        Assert.Contains($"a {call} failed with error 5", refusal.Message, StringComparison.Ordinal);
        Assert.IsType<DeviceFailedException>(refusal.InnerException);
    }

    [Fact]
    public void W22_Open_NoSpaceForTheSelfTest_OpensAllTheSame()
    {
        using SimulatedDisk disk = Member();
        disk.InjectFault(DiskOperationKind.Write, 1, DiskFault.DiskFull);
        using NodeFiles files = Open(disk);
        Assert.False(disk.FileExists(DataDirectory + "/" + DiskSelfTest.ProbeName));
    }

    [Theory]
    [InlineData(ClusterId + 1, 1, "says cluster 00000000000000c2, but the log is one of cluster 00000000000000c1")]
    [InlineData(ClusterId, 2, "says member 2, but the log knows this folder as member 1")]
    public void Refusal36_Restore_IdentityThatIsNotTheLogs_IsRefused(ulong clusterId, ulong memberId, string why)
    {
        using SimulatedDisk disk = Member();
        IdentityFile.Write(disk, DataDirectory, new FolderIdentity("n1", BirthId(1), clusterId, memberId));
        using NodeFiles files = Open(disk);
        string message = Assert.Throws<DataFolderException>(() => Restore(files)).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains(IdentityPath, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "An older version wrote it")]
    [InlineData(2, "A newer version wrote it")]
    public void Refusal36_Open_IdentityOfAnotherFormat_SaysWhichVersionToUse(uint format, string why)
    {
        using SimulatedDisk disk = Member();
        Write(disk, IdentityPath, IdentityBytes.WithFormat(Read(disk, IdentityPath), format));
        Assert.Contains(why, Assert.Throws<DataFolderException>(() => Open(disk)).Message, StringComparison.Ordinal);
    }
}
