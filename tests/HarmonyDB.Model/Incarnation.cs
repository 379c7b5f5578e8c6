using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>
/// A member's source of randomness in one of its lives: always the same number, so that it adds no states, but another one in each life. It is a
/// multiple of the span that election timeouts are drawn from, so the shortest is drawn; that members differ in punctuality is in the interleavings.
/// </summary>
internal sealed class Incarnation(int number, RaftOptions options) : IRandomSource
{
    private readonly ulong _value = (ulong)number * (ulong)(options.ElectionTimeoutMaximum - options.ElectionTimeoutMinimum).Ticks << 16;

    /// <inheritdoc/>
    public ulong NextUInt64() => _value;
}
