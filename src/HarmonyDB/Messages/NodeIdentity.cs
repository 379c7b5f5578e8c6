namespace HarmonyDB.Messages;

/// <summary>Who a node is: its configured name and addresses, and what its data folder says.</summary>
/// <param name="Name">Configured name.</param>
/// <param name="RaftAddress"><c>host:port</c> of its remoting.</param>
/// <param name="ClientUrls">Where clients reach it.</param>
/// <param name="BirthId">Random id of its data folder: another folder, another node.</param>
/// <param name="ClusterId">Its cluster; 0 while the folder is blank.</param>
/// <param name="MemberId">Its member id; 0 while the folder is blank.</param>
internal sealed record NodeIdentity(
    string Name, string RaftAddress, IReadOnlyList<string> ClientUrls, Guid BirthId, ulong ClusterId, ulong MemberId)
{
    /// <summary>
    /// The member of a cluster that this machine was until its files were damaged: while blank, the folder asks to take that one's place. Zeros if it never was.
    /// </summary>
    public (ulong ClusterId, ulong MemberId) Replaces { get; init; }

    /// <summary>Whether the folder belongs to no cluster yet.</summary>
    public bool IsBlank => ClusterId == 0;
}
