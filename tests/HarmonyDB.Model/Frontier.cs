namespace HarmonyDB.Model;

/// <summary>The states of one depth, packed, in the order in which they were met.</summary>
internal sealed class Frontier
{
    private const int ChunkWords = 1 << 20;

    private readonly List<(uint[] Words, int Length)> _chunks = [];
    private uint[] _chunk = [];
    private int _length;

    /// <summary>How many states there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a state at the end.</summary>
    public void Add(ClusterState state)
    {
        if (_length + state.Words > _chunk.Length)
        {
            Seal();
            _chunk = new uint[ChunkWords];
        }
        state.Write(_chunk.AsSpan(_length));
        _length += state.Words;
        Count++;
    }

    /// <summary>Takes all states, in order, and lets go of their memory on the way.</summary>
    /// <param name="into">Becomes each of them in turn.</param>
    public IEnumerable<ClusterState> TakeAll(ClusterState into)
    {
        Seal();
        for (var i = 0; i < _chunks.Count; i++)
        {
            var (words, length) = _chunks[i];
            _chunks[i] = ([], 0);
            for (var at = 0; at < length;)
            {
                at += into.Read(words.AsSpan(at));
                yield return into;
            }
        }
        _chunks.Clear();
        Count = 0;
    }

    private void Seal()
    {
        if (_length > 0)
        {
            _chunks.Add((_chunk, _length));
        }
        (_chunk, _length) = ([], 0);
    }
}
