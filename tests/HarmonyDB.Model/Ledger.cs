namespace HarmonyDB.Model;

/// <summary>What may happen only so often.</summary>
internal enum Budget
{
    /// <summary>Commands proposed.</summary>
    Entries,

    /// <summary>Crashes, messages delivered twice, messages lost.</summary>
    Faults,

    /// <summary>Heartbeats begun by a clock.</summary>
    Heartbeats,

    /// <summary>Questions for a read index.</summary>
    Reads,

    /// <summary>Changes of membership.</summary>
    ConfigurationChanges,

    /// <summary>Transfers of leadership.</summary>
    Transfers,

    /// <summary>Logs discarded up to what is applied.</summary>
    Compactions,
}

/// <summary>
/// What the properties need to remember of the past, and what of the budgets is spent, in 64 bits: 3 for each of 7 budgets, 2 for the leader of each of
/// 10 terms, 5 for the number of committed entries, 6 for each of 2 reads, 4 for the last term.
/// </summary>
/// <param name="Bits">The bits.</param>
internal readonly record struct Ledger(ulong Bits)
{
    /// <summary>The highest term that fits.</summary>
    public const int TermMaximum = 10;

    /// <summary>The most reads that fit.</summary>
    public const int ReadsMaximum = 2;

    private const int LeadersOffset = 21;
    private const int CommittedOffset = 41;
    private const int ReadsOffset = 46;
    private const int LastTermOffset = 58;

    /// <summary>How many entries are known to be committed by somebody.</summary>
    public int Committed => Get(CommittedOffset, 5);

    /// <summary>The last term that is looked at.</summary>
    public int LastTerm => Get(LastTermOffset, 4);

    /// <summary>How much of a budget is spent.</summary>
    public int Spent(Budget budget) => Get(3 * (int)budget, 3);

    /// <summary>Who was elected in a term, from 1; 0 for nobody.</summary>
    public int LeaderOf(int term) => Get(LeadersOffset + (2 * (term - 1)), 2);

    /// <summary>Whether a read waits, and how many entries were committed when it was asked.</summary>
    public bool IsReading(int read, out int committed)
    {
        var bits = Get(ReadsOffset + (6 * (read - 1)), 6);
        committed = bits >> 1;
        return (bits & 1) == 1;
    }

    /// <summary>Once more.</summary>
    public Ledger Spend(Budget budget) => With(3 * (int)budget, 3, Spent(budget) + 1);

    /// <summary>Somebody was elected.</summary>
    public Ledger WithLeader(int term, int member) => With(LeadersOffset + (2 * (term - 1)), 2, member);

    /// <summary>More is committed.</summary>
    public Ledger WithCommitted(int count) => With(CommittedOffset, 5, count);

    /// <summary>A read begins.</summary>
    public Ledger WithRead(int read) => With(ReadsOffset + (6 * (read - 1)), 6, (Committed << 1) | 1);

    /// <summary>A read ends.</summary>
    public Ledger WithoutRead(int read) => With(ReadsOffset + (6 * (read - 1)), 6, 0);

    /// <summary>Sets the last term.</summary>
    public Ledger WithLastTerm(int term) => With(LastTermOffset, 4, term);

    private int Get(int offset, int width) => (int)((Bits >> offset) & ((1UL << width) - 1));

    private Ledger With(int offset, int width, int value) => new((Bits & ~(((1UL << width) - 1) << offset)) | ((ulong)value << offset));
}
