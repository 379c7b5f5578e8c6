using HarmonyDB.Testing;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What to try.</summary>
/// <param name="Count">Number of cases.</param>
/// <param name="Seed">Decides about all of them.</param>
/// <param name="Jobs">How many are tried at once.</param>
/// <param name="History">Number of the only history to try, or null.</param>
/// <param name="Prefix">Number of the events of it after which the power goes, or null.</param>
/// <param name="Image">Number of the only image there, or null.</param>
internal sealed record CrashOptions(int Count, int Seed, int Jobs, int? History, int? Prefix, int? Image)
{
    public static CrashOptions Parse(Arguments arguments, int count)
    {
        return new CrashOptions(
            arguments.Number("--count", count, 1, int.MaxValue),
            arguments.Number("--seed", 1, 0, int.MaxValue),
            arguments.Number("--jobs", Environment.ProcessorCount, 1, 1_000),
            Optional(arguments, "--history"),
            Optional(arguments, "--prefix"),
            Optional(arguments, "--image"));
    }

    private static int? Optional(Arguments arguments, string option)
    {
        var value = arguments.Number(option, int.MaxValue, 0, int.MaxValue);
        return value == int.MaxValue ? null : value;
    }
}
