namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary>Passes progress on, on the thread that reports it.</summary>
internal sealed class Reports<T>(Action<T> receive) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => receive(value);
}
