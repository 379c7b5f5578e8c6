using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>The one history that the cluster agreed on: the entries that any node was given to apply, each once.</summary>
internal sealed class CommittedLog
{
    private readonly List<Entry> _entries = [];
    private readonly List<(LogIndex Index, ClusterConfiguration Configuration)> _configurations = [];

    /// <summary>All entries; the first one has index 1.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The configurations among them, and where each stands.</summary>
    public IReadOnlyList<(LogIndex Index, ClusterConfiguration Configuration)> Configurations => _configurations;

    /// <summary>State Machine Safety: a node is given an entry to apply; all others were or will be given the same.</summary>
    public void Apply(Entry entry, int node)
    {
        ulong index = entry.Index.Value;
        if (index == (ulong)_entries.Count + 1)
        {
            _entries.Add(entry);
            if (entry.Kind == EntryKind.Configuration)
            {
                _configurations.Add((entry.Index, ClusterConfiguration.Parse(entry.Payload.Span)));
            }

            return;
        }

        if (index > (ulong)_entries.Count)
        {
            throw new SimulationFailedException($"n{node + 1} applies entry {index}, but nobody applied {_entries.Count + 1} yet.");
        }

        Entry known = _entries[(int)index - 1];
        if (!ReferenceEquals(known, entry) && !IsSame(known, entry))
        {
            throw new SimulationFailedException(
                $"n{node + 1} applies another entry {index} of term {entry.Term} than the one of term {known.Term} (State Machine Safety).");
        }
    }

    /// <summary>Whether two entries of one index are the same.</summary>
    public static bool IsSame(Entry left, Entry right) =>
        left.Term == right.Term && left.Kind == right.Kind && left.Payload.Span.SequenceEqual(right.Payload.Span);
}
