namespace HarmonyDB.Storage.Tree;

/// <summary>Pages of committed states that are in this process's memory only, until a checkpoint or a flushed commit writes them.</summary>
/// <remarks>Callers hold <see cref="Store.StateLock"/>. Memory: one bit for each page of the file, and eight bytes for each page in the set.</remarks>
internal sealed class UnwrittenPages
{
    private const int TidyFrom = 1024;

    private readonly PageBitmap _set = new();

    /// <summary>All pages of the set, so that looking for them does not take passing over the whole bitmap; and some that are not in it any more.</summary>
    private readonly List<ulong> _listed = [];

    internal long Count => _set.Count;

    /// <summary>The pages as a set.</summary>
    internal PageBitmap Set => _set;

    internal void Add(ulong page)
    {
        if (_set.Add(page))
        {
            _listed.Add(page);
            if (_listed.Count > TidyFrom + (2 * _set.Count))
            {
                Tidy();
            }
        }
    }

    internal void Remove(ulong page) => _set.Remove(page);

    /// <summary>The pages in ascending order.</summary>
    internal ReadOnlySpan<ulong> List()
    {
        Tidy();
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_listed);
    }

    private void Tidy()
    {
        _listed.Sort();
        int kept = 0;
        for (int i = 0; i < _listed.Count; i++)
        {
            ulong page = _listed[i];
            if (_set.Contains(page) && (kept == 0 || _listed[kept - 1] != page))
            {
                _listed[kept++] = page;
            }
        }

        _listed.RemoveRange(kept, _listed.Count - kept);
    }
}
