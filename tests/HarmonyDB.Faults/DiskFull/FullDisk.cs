using HarmonyDB.Faults.IoErrors;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.DiskFull;

/// <summary>A disk that is full from one write or allocation on, until space is freed.</summary>
/// <param name="inner">The disk behind it.</param>
/// <param name="fullFrom">Number of the write, allocation or new file that finds no space first, from 1; 0 for none.</param>
/// <param name="refusesOverwrites">
/// Whether that one call is refused even if it writes into allocated blocks, as file systems do that write elsewhere; those after it are refused only what is new.
/// </param>
internal sealed class FullDisk(SimulatedDisk inner, int fullFrom, bool refusesOverwrites) : InterceptingDisk(inner)
{
    /// <summary>Number of calls that can need space so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether space has run out.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether the first call of all that found no space was a write into allocated blocks.</summary>
    public bool HasRefusedOverwrite { get; private set; }

    /// <summary>Somebody deleted something.</summary>
    public void FreeSpace() => IsFull = false;

    protected override void Change(DiskOperationKind kind, string path, Action change)
    {
        if (kind is DiskOperationKind.Create or DiskOperationKind.Allocate)
        {
            Note();
            if (IsFull)
            {
                throw new DiskFullException(path, 0);
            }
        }

        change();
    }

    protected override void Write(IDiskFile file, long offset, ReadOnlySpan<byte> source)
    {
        var isFirst = Note();
        var grows = offset + source.Length > file.LengthBytes;
        if (IsFull && (grows || (isFirst && refusesOverwrites)))
        {
            HasRefusedOverwrite |= !grows;
            var room = (int)Math.Clamp(Math.Min(source.Length / 2, file.LengthBytes - offset), 0, source.Length);
            file.Write(offset, source[..room]);
            throw new DiskFullException(file.Path, offset + source.Length);
        }

        file.Write(offset, source);
    }

    private bool Note()
    {
        var isFirst = ++Calls == fullFrom;
        IsFull |= isFirst;
        return isFirst;
    }
}
