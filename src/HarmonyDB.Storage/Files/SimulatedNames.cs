namespace HarmonyDB.Storage.Files;

/// <summary>Which name stands for which file, now and on the device, and the changes between the two.</summary>
internal sealed class SimulatedNames
{
    private readonly List<Change> _unflushed = [];
    private SortedDictionary<string, SimulatedInode> _current = new(StringComparer.Ordinal);
    private SortedDictionary<string, SimulatedInode> _durable = new(StringComparer.Ordinal);

    public long TotalBytes => _current.Values.Sum(inode => inode.LengthBytes);

    public SimulatedInode? Find(string path)
    {
        return _current.GetValueOrDefault(path);
    }

    public string[] List(string directory)
    {
        return _current.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path)).ToArray();
    }

    public void Link(string path, SimulatedInode inode)
    {
        Apply(new Change(path, RemovedPath: null, inode));
    }

    public void Unlink(string path)
    {
        Apply(new Change(AddedPath: null, path, _current[path]));
    }

    public void Rename(string from, string to)
    {
        Apply(new Change(to, from, _current[from]));
    }

    /// <summary>Makes the changes of a directory durable, in their order; a rename between directories waits for both.</summary>
    public void Flush(string directory)
    {
        var before = All().ToHashSet();
        var flushed = new List<Change>();
        foreach (var change in _unflushed)
        {
            change.Directories.Remove(directory);
            if (change.Directories.Count == 0)
            {
                change.ApplyTo(_durable);
                flushed.Add(change);
            }
        }

        foreach (var change in flushed)
        {
            _unflushed.Remove(change);
        }

        before.ExceptWith(All());
        foreach (var inode in before)
        {
            inode.Memory.Dispose();
        }
    }

    /// <summary>Names and files as a power cut leaves them.</summary>
    /// <param name="reservedBytes">Size each file can grow to.</param>
    /// <param name="random">Chooses what arrived, or null when nothing that was not flushed did.</param>
    public SimulatedNames AfterPowerCut(long reservedBytes, Random? random)
    {
        var names = new SortedDictionary<string, SimulatedInode>(_durable, StringComparer.Ordinal);

        // A file system's journal writes its changes in order, so what arrives is a first part of them.
        foreach (var change in _unflushed.Take(random?.Next(_unflushed.Count + 1) ?? 0))
        {
            change.ApplyTo(names);
        }

        var survivors = new SimulatedNames();
        foreach (var (path, inode) in names)
        {
            var survivor = inode.AfterPowerCut(reservedBytes, random);
            survivors._current.Add(path, survivor);
            survivors._durable.Add(path, survivor);
        }

        return survivors;
    }

    /// <summary>The same names and files, with what is flushed and what is not, in memory of their own.</summary>
    public SimulatedNames Copy(long reservedBytes)
    {
        var copies = All().Distinct().ToDictionary(inode => inode, inode => inode.Copy(reservedBytes));
        var copy = new SimulatedNames
        {
            _current = new SortedDictionary<string, SimulatedInode>(_current.ToDictionary(name => name.Key, name => copies[name.Value]), StringComparer.Ordinal),
            _durable = new SortedDictionary<string, SimulatedInode>(_durable.ToDictionary(name => name.Key, name => copies[name.Value]), StringComparer.Ordinal),
        };
        copy._unflushed.AddRange(_unflushed.Select(change => change with { Inode = copies[change.Inode], Directories = [.. change.Directories] }));
        return copy;
    }

    /// <summary>Gives up all files; their memory goes with their last open handle or mapping.</summary>
    public void Release()
    {
        foreach (var inode in All().Distinct())
        {
            inode.Memory.Dispose();
        }
    }

    private IEnumerable<SimulatedInode> All()
    {
        return _current.Values.Concat(_durable.Values).Concat(_unflushed.Select(change => change.Inode));
    }

    private void Apply(Change change)
    {
        change.ApplyTo(_current);
        _unflushed.Add(change);
    }

    private sealed record Change(string? AddedPath, string? RemovedPath, SimulatedInode Inode)
    {
        public List<string> Directories { get; init; } = new[] { AddedPath, RemovedPath }
            .OfType<string>().Select(path => Path.GetDirectoryName(path)!).Distinct().ToList();

        public void ApplyTo(SortedDictionary<string, SimulatedInode> names)
        {
            if (RemovedPath is not null && names.GetValueOrDefault(RemovedPath) == Inode)
            {
                names.Remove(RemovedPath);
            }

            if (AddedPath is not null)
            {
                names[AddedPath] = Inode;
            }
        }
    }
}
