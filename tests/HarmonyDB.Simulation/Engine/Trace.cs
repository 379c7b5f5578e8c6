using System.Globalization;

namespace HarmonyDB.Simulation;

/// <summary>
/// What happened, as a running hash; with recording on also the last events as text. Two runs of a seed have equal hashes, or something in
/// them is not deterministic (M4).
/// </summary>
internal sealed class Trace
{
    private readonly Queue<(long Time, EventKind Kind, int Node, long A, long B, string? Text)> _last = new();
    private readonly int _keep;

    /// <summary>Creates an empty trace.</summary>
    /// <param name="keep">How many events to keep for <see cref="WriteTo"/>; 0 for none.</param>
    public Trace(int keep)
    {
        _keep = keep;
    }

    /// <summary>Whether events are kept, so that it is worth making text for them.</summary>
    public bool IsRecording => _keep > 0;

    /// <summary>The hash of all events so far.</summary>
    public ulong Hash { get; private set; } = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Number of events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(long time, EventKind kind, int node, long a = 0, long b = 0)
    {
        Count++;
        Fold((ulong)time ^ ((ulong)kind << 56) ^ ((ulong)(uint)node << 48));
        Fold((ulong)a);
        Fold((ulong)b);
        Keep(time, kind, node, a, b, null);
    }

    /// <summary>Adds a line of text, for readers only: it is not part of the hash.</summary>
    public void Note(long time, int node, string text) => Keep(time, EventKind.Note, node, 0, 0, text);

    /// <summary>Writes the events that were kept, oldest first.</summary>
    public void WriteTo(TextWriter output)
    {
        foreach ((long time, EventKind kind, int node, long a, long b, string? text) in _last)
        {
            string seconds = ((double)time / TimeSpan.TicksPerSecond).ToString("F6", CultureInfo.InvariantCulture);
            string who = node < 0 ? "  " : $"n{node + 1}";
            output.WriteLine($"{seconds,12} {who} {kind,-10} {a,8} {b,8} {text}");
        }
    }

    private void Keep(long time, EventKind kind, int node, long a, long b, string? text)
    {
        if (_keep > 0)
        {
            if (_last.Count == _keep)
            {
                _last.Dequeue();
            }

            _last.Enqueue((time, kind, node, a, b, text));
        }
    }

    private void Fold(ulong value)
    {
        ulong mixed = unchecked((Hash ^ value) * 0xD6E8_FEB8_6659_FD93);
        Hash = mixed ^ (mixed >> 32);
    }
}
