using System.Globalization;

namespace HarmonyDB.Simulation;

/// <summary>What the command line asks for.</summary>
internal sealed record RunOptions
{
    /// <summary>How to call the program.</summary>
    public const string Usage = """
        usage: HarmonyDB.Simulation [OPTION] ...

          --seeds N          how many seeds to run (200)
          --from S           the first of them (1)
          --nodes A,B,...    sizes of clusters, taken in turn (1,3,5,7)
          --seconds N        simulated seconds with faults in each (30)
          --jobs N           threads, each with seeds of its own (as many as processors)
          --canary NAME      runs with a deliberate defect and expects it to be found
          --trace            prints all events of a seed that fails, or of the last one
        """;

    /// <summary>How many seeds.</summary>
    public int Seeds { get; init; } = 200;

    /// <summary>The first seed.</summary>
    public ulong From { get; init; } = 1;

    /// <summary>Sizes of clusters.</summary>
    public IReadOnlyList<int> Nodes { get; init; } = [1, 3, 5, 7];

    /// <summary>Simulated time with faults in each seed.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many threads.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>The deliberate defect.</summary>
    public Canary Canary { get; init; }

    /// <summary>Whether to print all events of a seed that fails, or of the last one.</summary>
    public bool Traces { get; init; }

    /// <summary>Takes the command line apart.</summary>
    /// <exception cref="FormatException">It asks for something that there is not.</exception>
    public static RunOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new RunOptions();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name == "--trace")
            {
                options = options with { Traces = true };
                continue;
            }

            string value = i + 1 < arguments.Count ? arguments[++i] : throw new FormatException($"'{name}' needs a value.");
            options = name switch
            {
                "--seeds" => options with { Seeds = Number(name, value, 1, 100_000_000) },
                "--from" => options with { From = ulong.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) },
                "--nodes" => options with { Nodes = [.. value.Split(',').Select(n => Number(name, n, 1, 7))] },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(Number(name, value, 1, 100_000)) },
                "--jobs" => options with { Jobs = Number(name, value, 1, 1024) },
                "--canary" => options with { Canary = Enum.TryParse(value, out Canary canary) ? canary : throw new FormatException($"There is no canary '{value}'.") },
                _ => throw new FormatException($"Unknown option '{name}'."),
            };
        }

        return options;
    }

    private static int Number(string name, string text, int minimum, int maximum) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= minimum && number <= maximum
            ? number
            : throw new FormatException($"'{name} {text}': a number from {minimum} to {maximum} is needed.");
}
