using HarmonyDB.Storage.Files;
using Xunit;

namespace HarmonyDB.Faults.SystemCalls;

public sealed class SystemCallsTests
{
    private const string Folder = "/d/f";

    private static readonly string[] Lines =
    [
        "1.000004 fdatasync(9</d/f/a>) = 0",
        "1.000001 openat(AT_FDCWD</d>, \"/d/f/a\", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0666) = 9</d/f/a>",
        "1.000002 fallocate(9</d/f/a>, 0, 0, 8192) = 0",
        "1.000003 pwrite64(9</d/f/a>, \"\"..., 100, 4096) = 100",
        "1.000005 openat(AT_FDCWD</d>, \"/d/f\", O_RDONLY|O_CLOEXEC) = 10</d/f>",
        "1.000006 fsync(10</d/f>) = 0",
        "1.000007 openat(AT_FDCWD</d>, \"/d/f/a\", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 11</d/f/a>",
        "1.000008 ftruncate(11</d/f/a>, 4096) = 0",
        "1.000009 rename(\"/d/f/a\", \"/d/f/b\") = 0",
        "1.000010 unlink(\"/d/f/b\") = 0",
        "1.000011 unlink(\"/d/f/b\") = -1 ENOENT (No such file or directory)",
        "1.000012 write(1</dev/pts/0>, \"\"..., 12) = 12",
        "1.000013 +++ exited with 0 +++",
    ];

    [Fact]
    public void Read_CallsOfTheFolder_AreOperationsInTheOrderOfTime() => Assert.Equal(
        [
            new DiskOperation(DiskOperationKind.Create, "/d/f/a", 0, 0),
            new DiskOperation(DiskOperationKind.Allocate, "/d/f/a", 0, 8192),
            new DiskOperation(DiskOperationKind.Write, "/d/f/a", 4096, 100),
            new DiskOperation(DiskOperationKind.Flush, "/d/f/a", 0, 0),
            new DiskOperation(DiskOperationKind.FlushDirectory, Folder, 0, 0),
            new DiskOperation(DiskOperationKind.SetLength, "/d/f/a", 0, 4096),
            new DiskOperation(DiskOperationKind.Rename, "/d/f/b", 0, 0),
            new DiskOperation(DiskOperationKind.Delete, "/d/f/b", 0, 0),
        ],
        CallReader.Read(Lines, Folder));

    [Theory]
    [InlineData("1.0 write(9</d/f/a>, \"\"..., 12) = 12")]
    [InlineData("1.0 msync(0x7f0000000000</d/f/a>, 4096, MS_SYNC) = 0")]
    [InlineData("1.0 linkat(AT_FDCWD</d>, \"/d/f/a\", AT_FDCWD</d>, \"/d/f/b\", 0) = 0")]
    public void Read_CallThatTheSimulatedDiskDoesNotKnow_Throws(string line) => Assert.Throws<FormatException>(() => CallReader.Read([line], Folder));

    [Fact]
    public void Count_Mappings_OnlyThoseOfTheFolder()
    {
        string[] maps =
        [
            "7f0000000000-7f0000001000 r--s 00000000 fe:00 123 /d/f/store.hdb",
            "7f0000001000-7f0000002000 r--p 00000000 fe:00 124 /d/f/log",
            "7f0000002000-7f0000003000 rw-s 00000000 00:01 125 /memfd:doublemapper (deleted)",
            "7f0000003000-7f0000004000 rw-p 00000000 00:00 0",
        ];

        Assert.Equal((2, 0), DataMappings.Count(maps, Folder));
        Assert.Equal((3, 1), DataMappings.Count([.. maps, "7f0000005000-7f0000006000 rw-s 00000000 fe:00 123 /d/f/store.hdb"], Folder));
    }
}
