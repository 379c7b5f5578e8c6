using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.DataFolder;

/// <summary>
/// The folder <c>incoming/</c>: a snapshot on its way in, first as the stream it comes as, then as a store that waits to take the place of the node's own.
/// SnapshotActor and the simulator run this same class.
/// </summary>
/// <remarks>
/// For one thread at a time. The order that survives a crash at any point: the store lies here, whole and durable → the log begins anew after it
/// (<see cref="LogWriter.Install"/>) → it is renamed over the node's store → the directory is flushed. Before the second step recovery throws
/// it away, after it recovery does the third again (<see cref="NodeFiles.Open"/>).
/// </remarks>
internal sealed class SnapshotFiles : IDisposable
{
    private readonly Disk _disk;
    private readonly string _dataDirectory;
    private readonly string _directory;
    private readonly Guid _storeId;
    private IDiskFile? _stream;
    private long _streamBytes;

    /// <summary>Creates it; the folder is made when the first part comes.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="dataDirectory">The node's data folder.</param>
    /// <param name="storeId">Identity that the node's store carries.</param>
    public SnapshotFiles(Disk disk, string dataDirectory, Guid storeId)
    {
        _disk = disk;
        _dataDirectory = dataDirectory;
        _directory = Path.Combine(dataDirectory, "incoming");
        _storeId = storeId;
    }

    private string StreamPath => Path.Combine(_directory, "stream");

    /// <summary>Writes a part of the stream; the one at offset 0 begins anew.</summary>
    /// <returns>What <see cref="Replica.SnapshotWritten"/> is to be told: how much there is now.</returns>
    /// <exception cref="DiskFullException">No space is left; tell <see cref="Replica.SnapshotChecked"/>.</exception>
    /// <exception cref="DeviceFailedException">The device failed: the node stops.</exception>
    public long Write(WriteSnapshotEffect part)
    {
        if (part.Offset == 0)
        {
            Discard();
            if (!_disk.DirectoryExists(_directory))
            {
                _disk.CreateDirectory(_directory);
                _disk.FlushDirectory(_dataDirectory);
            }

            _stream = _disk.Open(StreamPath, DiskFileMode.CreateNew);
        }

        if (_stream is null || part.Offset != _streamBytes)
        {
            throw new InvalidOperationException($"A part at {part.Offset} does not follow the {_streamBytes} bytes there are.");
        }

        _stream.Write(part.Offset, part.Data.Span);
        _streamBytes += part.Data.Length;
        return _streamBytes;
    }

    /// <summary>Checks the stream as a whole and makes a store of it, durable, still aside.</summary>
    /// <returns>What <see cref="Replica.SnapshotChecked"/> is to be told: null, or why the snapshot cannot be used.</returns>
    /// <exception cref="DeviceFailedException">The device failed: the node stops.</exception>
    public string? Check(CheckSnapshotEffect check)
    {
        if (_stream is null)
        {
            return "nothing of it is here";
        }

        string path = StorePath(_directory, check.Index.Value, check.Term.Value);
        try
        {
            _disk.Delete(path);
            ulong mark = StoreSnapshot.Restore(new DiskFileStream(_stream, _streamBytes), path, _disk, _storeId);
            CloseStream();
            if (mark == check.Index.Value)
            {
                return null;
            }

            _disk.Delete(path);
            return $"it has applied entry {mark} instead of {check.Index}";
        }
        catch (Exception e) when (e is InvalidDataException or DiskFullException or NotSupportedException)
        {
            Discard();
            return e.Message;
        }
    }

    /// <summary>Throws away what lies aside.</summary>
    public void Discard()
    {
        CloseStream();
        DiscardAll(_disk, _directory);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    /// <summary>Puts the store that lies aside in the place of the node's own, durably.</summary>
    internal static void Take(Disk disk, string dataDirectory, ulong index, ulong term)
    {
        string directory = Path.Combine(dataDirectory, "incoming");
        disk.Rename(StorePath(directory, index, term), NodeFiles.StorePath(dataDirectory));
        disk.FlushDirectory(dataDirectory);
        disk.FlushDirectory(directory);
    }

    /// <summary>Whether the store that the log begins after lies aside.</summary>
    internal static bool IsComplete(Disk disk, string dataDirectory, SegmentedLog log) => log.FirstIndex > 1
        && disk.FileExists(StorePath(Path.Combine(dataDirectory, "incoming"), log.FirstIndex - 1, log.TermAt(log.FirstIndex - 1)));

    /// <summary>Throws away what no log record asks for: snapshots that were not installed when the node stopped (R47).</summary>
    internal static void DiscardAll(Disk disk, string directory)
    {
        if (!disk.DirectoryExists(directory))
        {
            return;
        }

        foreach (string name in disk.ListFiles(directory))
        {
            disk.Delete(Path.Combine(directory, name));
        }
    }

    private static string StorePath(string directory, ulong index, ulong term) => Path.Combine(directory, $"{index}-{term}.hdb");

    private void CloseStream()
    {
        if (_stream is not null)
        {
            _stream.Dispose();
            _stream = null;
            _streamBytes = 0;
            _disk.Delete(StreamPath);
        }
    }
}
