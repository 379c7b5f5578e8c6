using HarmonyDB.Simulation;

namespace HarmonyDB.Faults.Registers;

/// <summary>One call of one client on a register: a key that is read and written again and again. For the one client that makes it.</summary>
/// <param name="register">Number of the register.</param>
/// <param name="value">What it writes: no two calls write the same; 0 for a read.</param>
/// <param name="begin">When it began.</param>
internal sealed class RegisterCall(int register, long value, long begin)
{
    /// <summary>Number of the register.</summary>
    public int Register { get; } = register;

    /// <summary>What it writes; 0 for a read.</summary>
    public long Value { get; } = value;

    /// <summary>When it began.</summary>
    public long Begin { get; } = begin;

    /// <summary>When the answer was there; the end of time for a write without an answer, which may have happened or may yet.</summary>
    public long End { get; private set; } = long.MaxValue;

    /// <summary>Whether it writes.</summary>
    public bool Writes => Value != 0;

    /// <summary>What it was told was there, 0 for no value; <see cref="ClientOperation.SawNothing"/> if it was told nothing.</summary>
    public long Saw { get; private set; } = ClientOperation.SawNothing;

    /// <summary>The revision of the write that it is or that it saw; 0 for none.</summary>
    public long Revision { get; private set; }

    /// <summary>Whether it is certain that it did not happen.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>It was a read, and this was there.</summary>
    public void Read(long saw, long modRevision, long end) => (Saw, Revision, End) = (saw, modRevision, end);

    /// <summary>It was a write, and made this revision.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="saw">What it took the place of; <see cref="ClientOperation.SawNothing"/> if it did not ask.</param>
    /// <param name="end">When the answer was there.</param>
    public void Wrote(long revision, long saw, long end) => (Revision, Saw, End) = (revision, saw, end);

    /// <summary>It did not happen.</summary>
    public void Refuse() => IsRefused = true;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Writes ? $"write of {Value}" : "read")} of register {Register} from {Begin} to {(End == long.MaxValue ? "?" : End)}: "
        + $"revision {Revision}, saw {Saw}";
}
