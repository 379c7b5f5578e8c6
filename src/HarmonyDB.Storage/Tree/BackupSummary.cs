namespace HarmonyDB.Storage.Tree;

/// <summary>What a backup holds.</summary>
/// <param name="StoreId">Identity of the store.</param>
/// <param name="TxId">The state.</param>
/// <param name="Mark">The application's mark in that state.</param>
/// <param name="PageCount">Pages of the restored store, without those of its map of used pages.</param>
/// <param name="LengthBytes">Length of the backup in bytes.</param>
public readonly record struct BackupSummary(Guid StoreId, TxId TxId, ulong Mark, long PageCount, long LengthBytes);
