using System.Globalization;
using HarmonyDB.Faults.FlushOrder;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.InjectedErrors;

/// <summary>
/// <c>injected-errors</c>: the disk of a node of one fails at some system call, by strace's hand, while clients write. Nothing may be acknowledged that was
/// not flushed; a node that cannot flush must stop and say why; started again without errors it must have all that it acknowledged.
/// </summary>
internal static class InjectedErrorsProgram
{
    // Around 200 lies past the start and some group commits; what fails at the start must be survived, too.
    private const int IndexMaximum = 200;

    private static readonly (string Call, string Error)[] Errors =
    [
        ("fdatasync", "EIO"), ("pwrite64", "EIO"), ("fsync", "EIO"), ("pwrite64", "ENOSPC"), ("fallocate", "ENOSPC"),
        ("fdatasync", "ENOSPC"), ("pwrite64", "EDQUOT"), ("pwrite64", "EROFS"), ("fdatasync", "EDQUOT"), ("pwrite64", "EINTR"),
    ];

    public static async Task<int> RunAsync(int rounds, int seed, CancellationToken cancellationToken)
    {
        Console.WriteLine($"injected-errors: {rounds} times each of {Errors.Length} errors, seed {seed}");
        if (!Tracer.IsThere)
        {
            return Skip.Because("injected-errors needs strace, and there is none on the PATH");
        }

        var random = new Random(seed);
        var outcomes = new List<ErrorOutcome>();
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var (call, error) in Errors)
            {
                // Few calls are made by more than one flush or write of the log in its thread; those of the others are among the first.
                var highest = call is "fsync" or "fallocate" ? 4 : IndexMaximum;
                var injected = new InjectedError(call, error, (int)Math.Pow(highest + 1, random.NextDouble()));
                var outcome = await ErrorRun.RunAsync(injected, cancellationToken);
                outcomes.Add(outcome);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {injected,-26} hit {outcome.Injected}, {outcome.Acknowledged,5} acknowledged, {(outcome.Stopped ? "stopped" : "went on"),-8}"
                    + $" {outcome.Problem ?? "as promised"}"));
            }
        }

        return Verdict(outcomes);
    }

    private static int Verdict(List<ErrorOutcome> outcomes)
    {
        var problems = outcomes.Count(o => o.Problem is not null);
        var hit = outcomes.Count(o => o.Injected > 0);
        var figures = new Figures();
        figures.Add("injected-errors-runs", outcomes.Count, "runs");
        figures.Add("injected-errors-injected", outcomes.Sum(o => o.Injected), "errors");
        figures.Add("injected-errors-runs-hit", hit, "runs");
        figures.Add("injected-errors-stops", outcomes.Count(o => o.Stopped), "stops");
        figures.Add("acknowledged-writes", outcomes.Sum(o => o.Acknowledged), "writes");
        figures.Add("acknowledged-without-flush", outcomes.Sum(o => o.TooEarly), "writes");
        figures.Add("lost-writes", outcomes.Sum(o => o.Lost), "writes");
        figures.Add("injected-errors-problems", problems, "runs");
        figures.Print(Console.Out);
        if (hit < (outcomes.Count + 1) / 2 || outcomes.All(o => o.Acknowledged == 0))
        {
            Console.WriteLine("FAILED: it proved nothing: too few errors hit, or nothing was acknowledged");
            return 1;
        }

        Console.WriteLine(problems == 0 ? "ok: nothing was acknowledged that was not flushed, and nothing acknowledged was lost" : "FAILED");
        return problems == 0 ? 0 : 1;
    }
}
