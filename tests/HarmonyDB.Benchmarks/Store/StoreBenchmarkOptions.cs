namespace HarmonyDB.Benchmarks.Store;

/// <summary>What <c>store</c> measures.</summary>
/// <param name="Keys">Entries of the file.</param>
/// <param name="Rounds">Paired rounds of each figure.</param>
/// <param name="Folder">Where the files go.</param>
/// <param name="Only">Names of the figures wanted; empty for all.</param>
/// <param name="OpenMebibytes">Size of the file that is opened after its writer was killed.</param>
/// <param name="IsChecked">Whether a figure below its floor is a failure of the program.</param>
internal sealed record StoreBenchmarkOptions(int Keys, int Rounds, string Folder, IReadOnlyList<string> Only, int OpenMebibytes, bool IsChecked)
{
    /// <summary>Whether any of some figures is wanted.</summary>
    public bool Wants(params ReadOnlySpan<string> names)
    {
        if (Only.Count == 0)
        {
            return true;
        }

        foreach (var name in names)
        {
            if (Only.Contains(name))
            {
                return true;
            }
        }

        return false;
    }
}
