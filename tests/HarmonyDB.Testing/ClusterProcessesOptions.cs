namespace HarmonyDB.Testing;

/// <summary>What cluster to run.</summary>
public sealed record ClusterProcessesOptions
{
    /// <summary>Number of nodes, 1 to 7.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Number of nodes that may join later.</summary>
    public int JoiningNodes { get; init; }

    /// <summary>A folder on the disk that is to be used; null for the system's temporary folder. What is created in it is deleted at the end.</summary>
    public string? ParentFolder { get; init; }

    /// <summary>HOCON lines added to every node's configuration.</summary>
    public string ExtraConfiguration { get; init; } = "";

    /// <summary>A command and its arguments that each node is run under, for the folder of that node; none by default.</summary>
    public Func<string, IReadOnlyList<string>> Wrapper { get; init; } = _ => [];

    /// <summary>
    /// The data folder of a node, by its name; null for a folder <c>data</c> in the node's own. Whoever chooses it also deletes it.
    /// </summary>
    public Func<string, string>? DataFolder { get; init; }

    /// <summary>How long the cluster may take to have a leader, and a node to come back.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
