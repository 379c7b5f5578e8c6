namespace HarmonyDB.Benchmarks.Store;

/// <summary>A store that the C program drives.</summary>
/// <param name="name">What the table calls it.</param>
/// <param name="program">The C program; one of its stores is open at a time.</param>
/// <param name="mode">How <c>peers.c</c> calls it.</param>
/// <param name="path">The file.</param>
internal sealed class PeerStore(string name, PeerProgram program, string mode, string path) : StoreSubject
{
    public override string Name => name;

    public override string Path => path;

    public override void Open() => program.Run($"open {mode} {path}");

    public override void Close() => program.Run($"close");

    public override void Sync() => program.Run($"sync");

    public override Timing Load(int count, int batch) => program.Run($"load {count} {batch}");

    public override Timing Overwrite(int keys, int count, int batch, int seed) => program.Run($"overwrite {keys} {count} {batch} {seed}");

    public override Timing Get(int keys, int count, int threads, int seed) => program.Run($"get {keys} {count} {threads} {seed}");

    public override Timing Scan() => program.Run($"scan");
}
