using Xunit;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Tests with clusters run one after the other and beside nothing else: their deadlines are real time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EndToEndCollection
{
    public const string Name = "End to end";
}
