using HarmonyDB.DataFolder;
using HarmonyDB.Storage.Files;
using Xunit;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>Data folders on the machine's own disk.</summary>
public sealed class SystemFolderTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NewFolder_IsMadeForItsOwnerAloneAndOpensAgain()
    {
        Guid birthId;
        using (NodeFiles files = Open(Data))
        {
            birthId = files.Identity.BirthId;
            files.Close();
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(Owner, File.GetUnixFileMode(Data));
        }

        using NodeFiles again = Open(Data);
        Assert.Equal(birthId, again.Identity.BirthId);
    }

    [Fact]
    public void Open_FolderInUse_IsRefusedUntilItIsFree()
    {
        using (Open(Data))
        {
            Assert.Throws<FileLockedException>(() => Open(Data));
        }

        Open(Data).Dispose();
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void S17_Open_FolderThatOthersCanEnterOrChange_IsRefusedWithTheRemedy(UnixFileMode others)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Directory.CreateDirectory(Data, Owner);
        File.SetUnixFileMode(Data, Owner | others);
        Assert.Contains($"chmod 700 '{Data}'", Assert.Throws<DataFolderException>(() => Open(Data)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Data));
        File.SetUnixFileMode(Data, Owner);
        Open(Data).Dispose();
    }

    [Fact]
    public void Refusal34_Open_FolderOfAnotherUser_IsRefusedWithTheRemedy()
    {
        // Only root can give a folder away.
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return;
        }

        Directory.CreateDirectory(Data, Owner);
        using (var chown = System.Diagnostics.Process.Start("chown", ["12345", Data]))
        {
            chown.WaitForExit();
            Assert.Equal(0, chown.ExitCode);
        }

        AssertRefused(Data, "belongs to user 12345, but this node runs as user 0");
        AssertRefused(Data, $"chown -R 0 '{Data}'");
        Assert.Empty(Directory.GetFileSystemEntries(Data));
    }

    [Fact]
    public void Open_Folder_LeavesNothingOfTheSelfTest()
    {
        Open(Data).Dispose();
        Assert.DoesNotContain(Directory.GetFiles(Data), f => f.EndsWith(DiskSelfTest.ProbeName, StringComparison.Ordinal));
        Assert.NotEqual("unknown", new SystemDisk().FileSystemOf(Data));
    }

    [Fact]
    public void Open_FileWhereTheFolderShouldBe_IsRefusedAndLeftAlone()
    {
        File.WriteAllText(Data, "mine");
        AssertRefused(Data, $"'{Data}' is a file");
        AssertRefused(Path.Combine(Data, "below"), $"'{Data}' is a file");
        Assert.Equal("mine", File.ReadAllText(Data));
    }

    [Fact]
    public void Open_PlaceWhereNothingCanBeMade_IsRefused()
    {
        if (OperatingSystem.IsLinux())
        {
            AssertRefused("/proc/harmony-test", "cannot be used");
        }
    }

    [Fact]
    public void Open_FolderThatCannotBeRead_IsRefused()
    {
        // Nothing is forbidden to root.
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            return;
        }

        Directory.CreateDirectory(Data, UnixFileMode.UserExecute);
        try
        {
            AssertRefused(Data, "cannot be used");
        }
        finally
        {
            File.SetUnixFileMode(Data, Owner);
        }
    }

    private static NodeFiles Open(string directory) =>
        NodeFiles.Open(FolderFixture.SettingsWith($"harmony.data-dir = \"{directory}\""), new SystemDisk(), Guid.NewGuid);

    private static void AssertRefused(string directory, string why) =>
        Assert.Contains(why, Assert.Throws<DataFolderException>(() => Open(directory)).Message, StringComparison.Ordinal);
}
