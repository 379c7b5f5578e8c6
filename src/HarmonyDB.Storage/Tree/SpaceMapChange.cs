namespace HarmonyDB.Storage.Tree;

/// <summary>What lies between the space maps of two durable states: pages to write, and pages that the newer one does without.</summary>
internal sealed class SpaceMapChange
{
    private readonly List<(ulong Page, byte[] Image)> _images = [];
    private readonly List<WrittenPage> _written = [];
    private readonly List<RetiredPages> _retired = [];

    /// <summary>The newer map.</summary>
    internal SpaceMap Map { get; set; } = null!;

    /// <summary>Its new pages with their contents.</summary>
    internal IReadOnlyList<(ulong Page, byte[] Image)> Images => _images;

    /// <summary>Its new pages.</summary>
    internal IReadOnlyList<WrittenPage> Written => _written;

    /// <summary>Pages of the older map that are not part of the newer one.</summary>
    internal IReadOnlyList<RetiredPages> Retired => _retired;

    internal void Add(ulong page, byte[] image, uint checksum)
    {
        _images.Add((page, image));
        _written.Add(new WrittenPage(page, checksum));
    }

    internal void Retire(SpaceMap.Entry entry)
    {
        if (entry.Page != 0)
        {
            _retired.Add(new RetiredPages(entry.Page, 1, entry.Transaction));
        }
    }

    internal void Write(StoreFile file)
    {
        foreach ((ulong page, byte[] image) in _images)
        {
            file.Write((long)page * file.PageSizeBytes, image);
        }
    }
}
