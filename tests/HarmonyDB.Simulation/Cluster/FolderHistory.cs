using HarmonyDB.DataFolder;

namespace HarmonyDB.Simulation;

/// <summary>What became of the data folder of a node: whose it is, whether it is still the first one, and what an operator means to do with it.</summary>
/// <param name="isFounder">Whether the cluster is born with this node.</param>
/// <param name="isAlone">Whether it is born with no other: with an empty folder and its old settings it would create another cluster.</param>
internal sealed class FolderHistory(bool isFounder, bool isAlone)
{
    private bool _wasLost;

    /// <summary>Whether the node has a folder: the others are machines that wait for an operator to set them up.</summary>
    public bool IsInUse { get; private set; } = isFounder;

    /// <summary>Whether the node was told to join a cluster that exists.</summary>
    public bool Joins { get; private set; }

    /// <summary>Whether an operator asked that its member be removed: it may have been, or may yet be.</summary>
    public bool RemovalAsked { get; set; }

    /// <summary>Its birth id, if it was ever opened.</summary>
    public Guid BirthId { get; private set; }

    /// <summary>The member it belongs to; 0 for none.</summary>
    public ulong MemberId { get; private set; }

    /// <summary>Whether it belongs to no member.</summary>
    public bool IsBlank => MemberId == 0;

    /// <summary>Whether the cluster may say that it does not want it.</summary>
    public bool MayBeRefused => RemovalAsked || (IsBlank && (_wasLost || Joins));

    /// <summary>The folder was opened, or says now whose it is.</summary>
    public void Identified(FolderIdentity identity)
    {
        BirthId = identity.BirthId;
        MemberId = identity.MemberId;
    }

    /// <summary>It is lost: the next start makes another one.</summary>
    public void Lost()
    {
        BirthId = default;
        MemberId = 0;
        RemovalAsked = false;
        _wasLost = true;
        Joins |= isAlone;
    }

    /// <summary>The node, with an empty folder, is to join the cluster.</summary>
    public void SetUp()
    {
        IsInUse = true;
        Joins = true;
    }
}
