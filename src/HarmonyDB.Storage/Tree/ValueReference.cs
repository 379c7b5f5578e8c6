namespace HarmonyDB.Storage.Tree;

/// <summary>What a lookup of many keys says about one of them; <see cref="TreeReader.ValueOf"/> makes it a value.</summary>
/// <remarks>Valid until the read transaction it came from is disposed. The default says that there is no such key.</remarks>
public readonly struct ValueReference
{
    private readonly nint _pointer;
    private readonly int _lengthPlusOne;

    internal unsafe ValueReference(byte* value, int lengthBytes)
    {
        _pointer = (nint)value;
        _lengthPlusOne = lengthBytes + 1;
    }

    /// <summary>Whether the key is there; an empty value is a value (B35).</summary>
    public bool IsFound => _lengthPlusOne != 0;

    /// <summary>Length of the value in bytes, 0 if there is none.</summary>
    public int LengthBytes => Math.Max(0, _lengthPlusOne - 1);

    internal unsafe ReadOnlySpan<byte> Span => new((byte*)_pointer, LengthBytes);
}
