using System.Runtime.CompilerServices;
using Xunit;

namespace HarmonyDB.Storage.Tests.Files;

/// <summary>The calls of .NET that claim to flush and do not: the analyzer keeps them out, and this keeps them on its list.</summary>
public sealed class BannedCallTests
{
    [Theory]
    [InlineData("M:System.IO.FileStream.Flush(System.Boolean)")]
    [InlineData("M:System.IO.RandomAccess.FlushToDisk(Microsoft.Win32.SafeHandles.SafeFileHandle)")]
    [InlineData("M:System.IO.FileStream.FlushAsync(System.Threading.CancellationToken)")]
    [InlineData("M:System.IO.MemoryMappedFiles.MemoryMappedViewAccessor.Flush")]
    [InlineData("M:System.IO.MemoryMappedFiles.MemoryMappedViewStream.Flush")]
    [InlineData("M:System.IO.File.Replace(System.String,System.String,System.String)")]
    [InlineData("M:System.IO.File.Replace(System.String,System.String,System.String,System.Boolean)")]
    public void N1_N2_N3_N4_N7_CallsThatDoNotFlush_AreBanned(string call)
    {
        Assert.Contains(File.ReadAllLines(Path.Combine(Root(), "BannedSymbols.txt")), line => line.StartsWith(call + ";", StringComparison.Ordinal));
        Assert.Contains("BannedSymbols.txt", File.ReadAllText(Path.Combine(Root(), "Directory.Build.targets")), StringComparison.Ordinal);
    }

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
