using System.Diagnostics;
using Spectre.Console;

namespace HarmonyDB.Cli.Output;

/// <summary>Shows how far a long transfer is: a bar on a terminal, a line every few seconds on the error stream elsewhere.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(2);

    /// <summary>Runs <paramref name="work"/>, which reports from any thread how many records and how many bytes it has done.</summary>
    /// <param name="terminal">Where to show it.</param>
    /// <param name="title">What is going on, a few words.</param>
    /// <param name="totalBytes">Bytes when all is done; 0 when unknown.</param>
    /// <param name="work">The transfer.</param>
    /// <param name="unit">What it transfers, in the plural.</param>
    public static Task<T> RunAsync<T>(
        Terminal terminal, string title, long totalBytes, Func<Action<TransferProgress>, Task<T>> work, string unit = "records") =>
        terminal.IsInteractive ? RunWithBarAsync(terminal, title, totalBytes, work, unit) : RunWithLinesAsync(terminal, title, work, unit);

    private static Task<T> RunWithBarAsync<T>(
        Terminal terminal, string title, long totalBytes, Func<Action<TransferProgress>, Task<T>> work, string unit)
    {
        var clock = Stopwatch.StartNew();
        return terminal.Ansi.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, totalBytes));
                bar.IsIndeterminate = totalBytes == 0;
                var result = await work(progress =>
                {
                    bar.Value = progress.Bytes;
                    bar.Description = Markup.Escape($"{title}: {Describe(progress, clock.Elapsed, unit)}");
                });
                bar.IsIndeterminate = false;
                bar.Value = bar.MaxValue;
                return result;
            });
    }

    private static Task<T> RunWithLinesAsync<T>(Terminal terminal, string title, Func<Action<TransferProgress>, Task<T>> work, string unit)
    {
        var clock = Stopwatch.StartNew();
        var writing = new Lock();
        var nextLine = LineInterval;
        return work(progress =>
        {
            lock (writing)
            {
                if (clock.Elapsed >= nextLine)
                {
                    nextLine = clock.Elapsed + LineInterval;
                    terminal.Error.WriteLine($"{title}: {Describe(progress, clock.Elapsed, unit)}");
                }
            }
        });
    }

    private static string Describe(TransferProgress progress, TimeSpan elapsed, string unit) =>
        $"{ByteText.Number(progress.Records)} {unit}, {ByteText.Number((long)(progress.Records / Math.Max(0.001, elapsed.TotalSeconds)))}/s";
}
