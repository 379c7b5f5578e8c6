using HarmonyDB.Replication;

namespace HarmonyDB.Tests.Replication;

/// <summary>Carries out for one node of a <see cref="ReplicaCluster"/> what has to do with snapshots. The state is a run of bytes that says up to where it goes.</summary>
internal sealed class SnapshotHost
{
    private const int StreamBytes = 300_000;

    private readonly Dictionary<ulong, (ulong Index, int Offset)> _sources = [];
    private readonly MemoryStream _incoming = new();

    /// <summary>Indexes of the snapshots that were installed.</summary>
    public List<ulong> Installed { get; } = [];

    /// <summary>How often a state was pinned.</summary>
    public int Opened { get; private set; }

    /// <summary>States that are pinned now.</summary>
    public int Open => _sources.Count;

    /// <summary>Offsets of the parts that were written aside.</summary>
    public List<long> Written { get; } = [];

    /// <summary>Loses this many parts on their way to the disk: they are refused as a full disk would.</summary>
    public int Refusals { get; set; }

    /// <summary>Whether the effect was one about snapshots.</summary>
    public bool CarryOut(ReplicaCluster.Node node, ReplicaEffect effect)
    {
        Replica replica = node.Replica;
        switch (effect)
        {
            case TruncateLogEffect truncate:
                node.Log.RemoveAll(e => e.Index < truncate.FirstIndexToKeep);
                replica.LogTruncated(truncate.FirstIndexToKeep);
                return true;
            case OpenSnapshotEffect open:
                Opened++;
                _sources[open.TransferId] = (replica.View.Applied.Value, 0);
                replica.SnapshotOpened(open.TransferId, replica.View.Applied);
                return true;
            case ReadSnapshotEffect read:
                (ulong index, int offset) = _sources[read.TransferId];
                byte[] all = Stream(index);
                int count = Math.Min(read.MaximumBytes, all.Length - offset);
                _sources[read.TransferId] = (index, offset + count);
                replica.SnapshotRead(read.TransferId, all.AsMemory(offset, count), offset + count == all.Length);
                return true;
            case CloseSnapshotEffect close:
                return _sources.Remove(close.TransferId);
            case WriteSnapshotEffect when Refusals > 0:
                Refusals--;
                replica.SnapshotChecked("no space");
                return true;
            case WriteSnapshotEffect write:
                Written.Add(write.Offset);
                _incoming.SetLength(write.Offset);
                _incoming.Position = write.Offset;
                _incoming.Write(write.Data.Span);
                replica.SnapshotWritten(_incoming.Length);
                return true;
            case CheckSnapshotEffect check:
                replica.SnapshotChecked(_incoming.ToArray().AsSpan().SequenceEqual(Stream(check.Index.Value)) ? null : "not what was sent");
                return true;
            case InstallSnapshotEffect install:
                node.Log.Clear();
                replica.Appended(install.Number);
                return true;
            case SwapStoreEffect swap:
                Installed.Add(swap.Index.Value);
                replica.StoreSwapped();
                return true;
            default:
                return false;
        }
    }

    private static byte[] Stream(ulong index)
    {
        byte[] bytes = new byte[StreamBytes];
        new Random((int)index).NextBytes(bytes);
        return bytes;
    }
}
