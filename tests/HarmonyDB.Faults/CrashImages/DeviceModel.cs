using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What is on the device after the first so many events, and what is only on its way there.</summary>
internal sealed class DeviceModel
{
    private readonly Dictionary<int, DeviceFile> _files = [];
    private readonly SortedDictionary<string, int> _durableNames = new(StringComparer.Ordinal);
    private readonly List<DiskEvent> _unflushedNames = [];

    /// <summary>A device with an image on it.</summary>
    public DeviceModel(CrashImage start)
    {
        foreach (var (path, bytes) in start.Files)
        {
            _files.Add(_files.Count + 1, new DeviceFile(bytes));
            _durableNames.Add(path, _files.Count);
        }
    }

    /// <summary>Does what an event says.</summary>
    public void Apply(DiskEvent change)
    {
        switch (change.Kind)
        {
            case DiskOperationKind.Create:
                _files.Add(change.File, new DeviceFile());
                _unflushedNames.Add(change);
                break;
            case DiskOperationKind.Rename or DiskOperationKind.Delete:
                _unflushedNames.Add(change);
                break;
            case DiskOperationKind.FlushDirectory:
                FlushNames(change.Path);
                break;
            case DiskOperationKind.Write:
                _files[change.File].Write(change.Offset, change.Bytes);
                break;
            case DiskOperationKind.Allocate or DiskOperationKind.SetLength:
                _files[change.File].SetLength(change.LengthBytes);
                break;
            case DiskOperationKind.Flush:
                _files[change.File].Flush();
                break;
            default:
                throw new InvalidOperationException($"{change.Kind} is no event of a disk.");
        }
    }

    /// <summary>Number of images that a power cut now can leave.</summary>
    public double CountImages()
    {
        var count = 0.0;
        for (var arrived = 0; arrived <= _unflushedNames.Count; arrived++)
        {
            var images = 1.0;
            foreach (var file in NamesAfter(arrived).Values)
            {
                images *= _files[file].CountImages();
            }

            count += images;
        }

        return count;
    }

    /// <summary>One of these images.</summary>
    public CrashImage Draw(ImageChooser chooser)
    {
        // A file system's journal writes its changes in order, so what arrives of the names is a first part.
        var names = NamesAfter(_unflushedNames.Count == 0 ? 0 : chooser.Pick(_unflushedNames.Count + 1));
        return new CrashImage([.. names.Select(name => (name.Key, _files[name.Value].Draw(chooser)))]);
    }

    private static void ApplyTo(SortedDictionary<string, int> names, DiskEvent change)
    {
        switch (change.Kind)
        {
            case DiskOperationKind.Create:
                names[change.Path] = change.File;
                break;
            case DiskOperationKind.Delete:
                names.Remove(change.Path);
                break;
            default:
                names.Remove(change.Path);
                names[change.NewPath] = change.File;
                break;
        }
    }

    private SortedDictionary<string, int> NamesAfter(int arrived)
    {
        var names = new SortedDictionary<string, int>(_durableNames, StringComparer.Ordinal);
        foreach (var change in _unflushedNames.Take(arrived))
        {
            ApplyTo(names, change);
        }

        return names;
    }

    private void FlushNames(string directory)
    {
        foreach (var change in _unflushedNames)
        {
            if (Path.GetDirectoryName(change.Path) == directory)
            {
                ApplyTo(_durableNames, change);
            }
        }

        _unflushedNames.RemoveAll(change => Path.GetDirectoryName(change.Path) == directory);
    }
}
