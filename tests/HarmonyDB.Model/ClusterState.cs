namespace HarmonyDB.Model;

/// <summary>A state of the cluster: three members, the messages in flight, and what the properties remember. Used over and over, for one state at a time.</summary>
internal sealed class ClusterState
{
    /// <summary>How many members there are.</summary>
    public const int Members = 3;

    /// <summary>The most messages in flight.</summary>
    public const int InFlightMaximum = 30;

    private const int HeadWords = Members + 9;

    private readonly int[] _messages = new int[InFlightMaximum];

    /// <summary>The states of the members, by number.</summary>
    public int[] Member { get; } = new int[Members];

    /// <summary>The committed entries as <see cref="MemberView.Log"/> has them.</summary>
    public UInt128 Committed { get; set; }

    /// <summary>The terms in which they became so, four bits each.</summary>
    public ulong CommittedIn { get; set; }

    /// <summary>The rest of what is remembered.</summary>
    public Ledger Ledger { get; set; }

    /// <summary>The messages in flight, by number, ascending.</summary>
    public ReadOnlySpan<int> Messages => _messages.AsSpan(0, MessageCount);

    /// <summary>How many messages are in flight.</summary>
    public int MessageCount { get; private set; }

    /// <summary>How many words <see cref="Write"/> needs.</summary>
    public int Words => HeadWords + MessageCount;

    /// <summary>Becomes like another.</summary>
    public void CopyFrom(ClusterState other)
    {
        other.Member.CopyTo(Member, 0);
        Committed = other.Committed;
        CommittedIn = other.CommittedIn;
        Ledger = other.Ledger;
        MessageCount = other.MessageCount;
        other.Messages.CopyTo(_messages);
    }

    /// <summary>Puts a message in flight.</summary>
    /// <returns>False when too many are.</returns>
    public bool TryAdd(int message)
    {
        if (MessageCount == InFlightMaximum)
        {
            return false;
        }
        var place = MessageCount;
        while (place > 0 && _messages[place - 1] > message)
        {
            _messages[place] = _messages[place - 1];
            place--;
        }
        _messages[place] = message;
        MessageCount++;
        return true;
    }

    /// <summary>Takes a message out.</summary>
    public void Remove(int message)
    {
        var place = Messages.IndexOf(message);
        Messages[(place + 1)..].CopyTo(_messages.AsSpan(place));
        MessageCount--;
    }

    /// <summary>Writes the state.</summary>
    /// <param name="words">As long as <see cref="Words"/>.</param>
    public void Write(Span<uint> words)
    {
        words[0] = (uint)MessageCount;
        for (var i = 0; i < Members; i++)
        {
            words[1 + i] = (uint)Member[i];
        }
        var rest = words[(1 + Members)..];
        (rest[0], rest[1], rest[2], rest[3]) = ((uint)(Committed >> 96), (uint)(Committed >> 64), (uint)(Committed >> 32), (uint)Committed);
        (rest[4], rest[5]) = ((uint)(CommittedIn >> 32), (uint)CommittedIn);
        (rest[6], rest[7]) = ((uint)(Ledger.Bits >> 32), (uint)Ledger.Bits);
        for (var i = 0; i < MessageCount; i++)
        {
            rest[8 + i] = (uint)_messages[i];
        }
    }

    /// <summary>Reads a state.</summary>
    /// <returns>How many words it took.</returns>
    public int Read(ReadOnlySpan<uint> words)
    {
        MessageCount = (int)words[0];
        for (var i = 0; i < Members; i++)
        {
            Member[i] = (int)words[1 + i];
        }
        var rest = words[(1 + Members)..];
        Committed = new UInt128(((ulong)rest[0] << 32) | rest[1], ((ulong)rest[2] << 32) | rest[3]);
        CommittedIn = ((ulong)rest[4] << 32) | rest[5];
        Ledger = new Ledger(((ulong)rest[6] << 32) | rest[7]);
        for (var i = 0; i < MessageCount; i++)
        {
            _messages[i] = (int)rest[8 + i];
        }
        return Words;
    }

    /// <summary>A 64-bit hash.</summary>
    public ulong Hash()
    {
        var hash = Mixing.Mix((ulong)(uint)Member[0] | ((ulong)(uint)Member[1] << 32), (uint)Member[2]);
        hash = Mixing.Mix(hash ^ (ulong)(Committed >> 64), (ulong)Committed + 1);
        hash = Mixing.Mix(hash ^ CommittedIn, Ledger.Bits + 2);
        foreach (var message in Messages)
        {
            hash = Mixing.Mix(hash ^ (ulong)message, 0x9FB21C651E98DF25);
        }
        return Mixing.Mix(hash, 0x589965CC75374CC3);
    }
}
