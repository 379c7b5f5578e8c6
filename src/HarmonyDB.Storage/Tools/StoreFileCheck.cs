using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>Checks a store file that nobody has open, whatever state it is in.</summary>
public static class StoreFileCheck
{
    /// <summary>Verifies the newest durable state of a file. Writes nothing.</summary>
    /// <param name="path">The file. It must not be open for writing elsewhere meanwhile; whoever calls this holds its lock.</param>
    /// <param name="disk">The disk it lives on.</param>
    /// <param name="progress">Told from time to time how far the check is, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>What was found. Damage, also such that the store cannot be opened, is in the report, not an exception.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="NotSupportedException">The file has a format version that this code does not know.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static CheckReport Run(string path, Disk disk, Action<CheckProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(disk);
        try
        {
            using var store = Store.Open(path, new StoreOptions { Disk = disk, ReadOnly = true, MaximumReaders = 2 });
            return store.Check(progress, cancellationToken);
        }
        catch (StoreDamagedException damage)
        {
            return CheckWithoutOpening(path, disk, damage, progress, cancellationToken);
        }
    }

    /// <summary>The store does not open. Walks its trees all the same, if a meta page tells where they are.</summary>
    private static CheckReport CheckWithoutOpening(
        string path, Disk disk, StoreDamagedException damage, Action<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        string problem = $"Page {damage.Page}: {damage.Reason}. The store does not open.";
        using SalvageSource? source = SalvageSource.TryOpen(path, disk);
        if (source?.Meta is not { } meta)
        {
            return Unreadable(problem);
        }

        var checker = new Checker(source.File, source.StateOf(meta), free: null, [], meta.PageCount, progress, cancellationToken);
        checker.AddProblem(problem);
        return checker.Run();
    }

    private static CheckReport Unreadable(string problem) => new()
    {
        Problems = [problem],
        TxId = default,
        TreeCount = 0,
        EntryCount = 0,
        UsedPageCount = 0,
        FreePageCount = 0,
        PendingPageCount = 0,
        Trees = [],
    };
}
