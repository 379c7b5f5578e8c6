using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tests.Log;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>B30: reads that return no bytes, or fewer than asked for, end in an answer and never in a loop.</summary>
public sealed class StoreReadsNothingTests
{
    [Fact]
    public void B30_DiskReadsNothing_StoreToolsAndLogRefuseAndEnd()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Fill(store, 0, 100, 100);
        }

        using (SegmentedLog log = LogFixture.Open(disk))
        {
            log.Append(null, LogFixture.Entries(1, 5, 1));
            log.Close();
        }

        var failing = new MapFaultDisk(disk) { ReadsNothing = true };
        Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(failing));
        Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(failing, readOnly: true));
        Assert.Throws<LogDamagedException>(() => SegmentedLog.Open(failing, LogFixture.Folder, LogFixture.Options));
        AssertRefusesOrReports(() => Assert.False(StoreFileCheck.Run(StoreFixture.StorePath, failing).IsHealthy));
        AssertRefusesOrReports(() => Assert.False(StoreSalvage.Run(StoreFixture.StorePath, "/data/salvaged.hdb", failing).HasMeta));

        failing.ReadsNothing = false;
        using Store again = StoreFixture.Open(failing);
        Assert.Equal(100, again.Check().EntryCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void B30_BackupReadInPieces_IsRestoredOrRefused(int bytesPerRead)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 100, 100);
        using var backup = new MemoryStream();
        store.Backup(backup);
        backup.Position = 0;
        using var pieces = new PieceStream(backup, bytesPerRead);
        if (bytesPerRead == 0)
        {
            Assert.Throws<InvalidDataException>(() => StoreBackup.Restore(pieces, "/data/restored.hdb", disk));
            Assert.False(disk.FileExists("/data/restored.hdb"));
            return;
        }

        StoreBackup.Restore(pieces, "/data/restored.hdb", disk);
        using Store restored = Store.Open("/data/restored.hdb", new StoreOptions { Disk = disk, ChecksOnDispose = true });
        Assert.Equal(StoreFixture.Bytes(100, 42), StoreFixture.Get(restored, StoreFixture.Key(42)));
    }

    [Fact]
    public void B8_FileReplacedWhileItIsBackedUp_BackupHasTheStateItBeganWith()
    {
        string directory = Directory.CreateTempSubdirectory("harmony-store-").FullName;
        try
        {
            string path = Path.Combine(directory, "store.hdb");
            string other = Path.Combine(directory, "other.hdb");
            var options = new StoreOptions { Disk = new SystemDisk(), ChecksOnDispose = true };
            using (Store store = Store.Open(other, options))
            {
                StoreFixture.Fill(store, 0, 10, 10);
            }

            using Store replaced = Store.Open(path, options);
            StoreFixture.Fill(replaced, 0, 5000, 100);
            using var backup = new MemoryStream();
            bool isReplaced = false;

            // As a rewrite of the file by another process does it: the name then belongs to another file, and what is open stays what it was.
            var destination = new ObservedStream(backup, () =>
            {
                if (!isReplaced && backup.Length > 100_000)
                {
                    isReplaced = true;
                    File.Move(other, path, overwrite: true);
                }
            });
            replaced.Backup(destination);
            Assert.True(isReplaced);
            backup.Position = 0;
            StoreBackup.Restore(backup, Path.Combine(directory, "restored.hdb"), options.Disk);
            using Store restored = Store.Open(Path.Combine(directory, "restored.hdb"), options);
            Assert.Equal(5000, restored.Check().EntryCount);
            Assert.Equal(StoreFixture.Bytes(100, 4999 & 0xFF), StoreFixture.Get(restored, StoreFixture.Key(4999)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void AssertRefusesOrReports(Action action)
    {
        Exception? exception = Record.Exception(action);
        Assert.True(exception is null or StoreDamagedException or InvalidDataException, exception?.ToString());
    }

    /// <summary>A stream that hands out at most so many bytes at once, as pipes and sockets do.</summary>
    private sealed class PieceStream(Stream inner, int bytesPerRead) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException("It only reads.");

        public override long Position { get => throw new NotSupportedException("It only reads."); set => throw new NotSupportedException("It only reads."); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(buffer.Length, bytesPerRead)]);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It only reads.");

        public override void SetLength(long value) => throw new NotSupportedException("It only reads.");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It only reads.");
    }
}
