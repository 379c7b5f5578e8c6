namespace HarmonyDB.Faults.CrashImages;

/// <summary>A file as programs see it, as it was last flushed, and what each sector held in between.</summary>
internal sealed class DeviceFile
{
    private const int SectorBytes = 512;
    private const int HalfBytes = SectorBytes / 2;

    private readonly SortedDictionary<int, List<byte[]>> _versions = [];
    private byte[] _current = [];
    private byte[] _durable = [];
    private int _lengthBytes;
    private int _durableLengthBytes;

    public DeviceFile()
    {
    }

    /// <summary>A file that is flushed.</summary>
    public DeviceFile(byte[] bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_current, 0);
        bytes.CopyTo(_durable, 0);
        _lengthBytes = _durableLengthBytes = bytes.Length;
    }

    /// <summary>Number of images that <see cref="Draw"/> can give, as a number that may be far above what an integer holds.</summary>
    public double CountImages()
    {
        var count = _lengthBytes == _durableLengthBytes ? 1.0 : 2.0;
        foreach (var versions in _versions.Values)
        {
            count *= ImageChooser.SectorOptions(versions.Count);
        }

        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        var start = (int)offset;
        Reserve(start + source.Length);
        source.CopyTo(_current.AsSpan(start));
        _lengthBytes = Math.Max(_lengthBytes, start + source.Length);
        NoteVersions(start, start + source.Length);
    }

    public void SetLength(long lengthBytes)
    {
        Reserve((int)lengthBytes);
        var before = _lengthBytes;
        _lengthBytes = (int)lengthBytes;
        if (_lengthBytes < before)
        {
            _current.AsSpan(_lengthBytes, before - _lengthBytes).Clear();
            NoteVersions(_lengthBytes, before);
        }
    }

    public void Flush()
    {
        foreach (var sector in _versions.Keys)
        {
            Sector(_current, sector).CopyTo(Sector(_durable, sector));
        }

        _versions.Clear();
        _durableLengthBytes = _lengthBytes;
    }

    /// <summary>The file as one of the possible power cuts leaves it.</summary>
    public byte[] Draw(ImageChooser chooser)
    {
        var lengthBytes = _lengthBytes == _durableLengthBytes || chooser.Pick(2) == 1 ? _lengthBytes : _durableLengthBytes;
        var image = new byte[Math.Max(lengthBytes, _durable.Length)];
        _durable.CopyTo(image, 0);
        foreach (var (sector, versions) in _versions)
        {
            DrawSector(Sector(image, sector), Sector(_durable, sector), versions, chooser);
        }

        return lengthBytes == image.Length ? image : image[..lengthBytes];
    }

    private static Span<byte> Sector(byte[] bytes, int sector) => bytes.AsSpan(sector * SectorBytes, SectorBytes);

    /// <summary>
    /// What a sector may hold that was written and not flushed: what it held before, any of what was written since, or what a device leaves that was
    /// interrupted: one half of the newest, or zeros or garbage in the bytes that were to change. Bytes that no write changes stay as they are.
    /// </summary>
    private static void DrawSector(Span<byte> target, ReadOnlySpan<byte> durable, List<byte[]> versions, ImageChooser chooser)
    {
        var choice = chooser.PickSector(versions.Count);
        if (choice == 0)
        {
            return;
        }

        if (choice <= versions.Count)
        {
            versions[choice - 1].CopyTo(target);
            return;
        }

        switch ((SectorDamage)(choice - versions.Count - 1))
        {
            case SectorDamage.FirstHalf:
                versions[^1].AsSpan(0, HalfBytes).CopyTo(target);
                break;
            case SectorDamage.SecondHalf:
                versions[^1].AsSpan(HalfBytes).CopyTo(target[HalfBytes..]);
                break;
            case var damage:
                Spoil(target, durable, versions, damage == SectorDamage.Zeros ? null : chooser.Random);
                break;
        }
    }

    private static void Spoil(Span<byte> target, ReadOnlySpan<byte> durable, List<byte[]> versions, Random? garbage)
    {
        for (var i = 0; i < SectorBytes; i++)
        {
            foreach (var version in versions)
            {
                if (version[i] != durable[i])
                {
                    target[i] = (byte)(garbage?.Next(256) ?? 0);
                    break;
                }
            }
        }
    }

    private void NoteVersions(int start, int end)
    {
        for (var sector = start / SectorBytes; sector * SectorBytes < end; sector++)
        {
            var now = Sector(_current, sector);
            var isKnown = _versions.TryGetValue(sector, out var versions);
            if (!now.SequenceEqual(isKnown ? versions![^1] : Sector(_durable, sector)))
            {
                if (!isKnown)
                {
                    versions = [];
                    _versions.Add(sector, versions);
                }

                versions!.Add(now.ToArray());
            }
        }
    }

    private void Reserve(int lengthBytes)
    {
        if (_current.Length < lengthBytes)
        {
            var wanted = (lengthBytes + SectorBytes - 1) / SectorBytes * SectorBytes;
            Array.Resize(ref _current, wanted);
            Array.Resize(ref _durable, wanted);
        }
    }
}
