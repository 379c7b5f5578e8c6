namespace HarmonyDB.Benchmarks.Store;

/// <summary>A store under measurement. All of them do the same work on the same keys in the same order; only the work itself is timed.</summary>
internal abstract class StoreSubject
{
    /// <summary>What the table calls it.</summary>
    public abstract string Name { get; }

    /// <summary>The file it keeps its data in.</summary>
    public abstract string Path { get; }

    /// <summary>Opens the file, or creates it.</summary>
    public abstract void Open();

    /// <summary>Closes it.</summary>
    public abstract void Close();

    /// <summary>Makes everything durable.</summary>
    public abstract void Sync();

    /// <summary>Puts keys 0 to <paramref name="count"/> - 1, which is a random order of keys.</summary>
    public abstract Timing Load(int count, int batch);

    /// <summary>Puts new values of <paramref name="count"/> out of <paramref name="keys"/> keys.</summary>
    public abstract Timing Overwrite(int keys, int count, int batch, int seed);

    /// <summary>Gets <paramref name="count"/> out of <paramref name="keys"/> keys, each thread its share of them in one read transaction.</summary>
    public abstract Timing Get(int keys, int count, int threads, int seed);

    /// <summary>Reads all keys and values forward.</summary>
    public abstract Timing Scan();

    /// <summary>Removes the file and what lies beside it.</summary>
    public void Delete()
    {
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        foreach (var file in Directory.GetFiles(folder, System.IO.Path.GetFileName(Path) + "*"))
        {
            File.Delete(file);
        }
    }
}
