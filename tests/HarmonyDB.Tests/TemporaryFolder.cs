namespace HarmonyDB.Tests;

/// <summary>A folder on the machine's disk, for this user alone, that is deleted at the end.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("harmony-test-").FullName;

    public string File(string name) => Path.Combine(FullPath, name);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        string path = File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
