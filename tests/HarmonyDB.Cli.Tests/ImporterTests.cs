using System.Collections.Concurrent;
using System.Text;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Import;
using HarmonyDB.Cli.Output;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class ImporterTests
{
    private static readonly RetryPolicy Retry = new(5, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(40));

    private readonly FakeStoreClient _client = new();
    private readonly ConcurrentQueue<TimeSpan> _pauses = new();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(256)]
    public async Task Run_AllGoesWell_WritesEveryRecord(int concurrency)
    {
        var summary = await RunAsync(string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i};v{i}\n")), concurrency);

        Assert.Equal(1000, summary.Written);
        Assert.Equal(0, summary.Retries);
        Assert.Equal(1000, _client.Count);
        Assert.Equal("k7;v7", _client.ValueOf("k7"));
    }

    [Fact]
    public async Task Run_SameKeyTwice_LastLineWins()
    {
        var text = string.Concat(Enumerable.Range(0, 500).Select(i => $"same;{i}\nother{i % 7};{i}\n"));
        await RunAsync(text, 64);

        Assert.Equal("same;499", _client.ValueOf("same"));
        Assert.Equal("other2;499", _client.ValueOf("other2"));
    }

    [Theory]
    [InlineData((int)RequestFailure.Unavailable)]
    [InlineData((int)RequestFailure.OutcomeUnknown)]
    [InlineData((int)RequestFailure.Busy)]
    public async Task Run_TransientFailures_AreRetriedWithGrowingPauses(int failure)
    {
        _client.FailAttempt = attempt => attempt <= 4 ? new RequestFailedException((RequestFailure)failure, "election") : null;
        var summary = await RunAsync("a;1\n", 1);

        Assert.Equal(1, summary.Written);
        Assert.Equal(4, summary.Retries);
        Assert.Equal([10, 20, 40, 40], _pauses.Select(pause => (int)pause.TotalMilliseconds));
        Assert.Equal("a;1", _client.ValueOf("a"));
    }

    [Fact]
    public async Task Run_FailureThatStays_StopsAndNamesTheLine()
    {
        _client.FailAttempt = _ => new RequestFailedException(RequestFailure.Unavailable, "nobody there");
        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync("a;1\nb;2\n", 1));

        Assert.Equal(RequestFailure.Unavailable, failure.Failure);
        Assert.Contains("line 1 could not be written after 5 attempts: nobody there", failure.Message, StringComparison.Ordinal);
        Assert.Equal(5, _client.Attempts);
    }

    [Fact]
    public async Task Run_RefusedRecord_IsNotRetried()
    {
        _client.FailAttempt = _ => new RequestFailedException(RequestFailure.Refused, "too large");
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"k{i};v\n"));
        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(text, 4));

        Assert.Equal(RequestFailure.Refused, failure.Failure);
        Assert.EndsWith("could not be written: too large", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_pauses);
        Assert.InRange(_client.Attempts, 1, 4);
    }

    [Fact]
    public async Task Run_Cancelled_Throws()
    {
        using var stopping = new CancellationTokenSource();
        _client.FailAttempt = _ =>
        {
            stopping.Cancel();
            return null;
        };
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"k{i};v\n"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(text, 2, stopping.Token));
        Assert.InRange(_client.Count, 0, 100);
    }

    [Fact]
    public void DefaultRetry_GivesAnElectionHalfAMinute()
    {
        var total = Enumerable.Range(1, RetryPolicy.Default.MaxAttempts - 1).Sum(failures => RetryPolicy.Default.PauseAfter(failures).TotalSeconds);

        Assert.InRange(total, 20, 40);
    }

    private Task<ImportSummary> RunAsync(string text, int concurrency, CancellationToken cancellationToken = default)
    {
        var importer = new Importer(_client, concurrency, Retry, PauseAsync);
        var reader = new DelimitedReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), ";", 1, "");
        return importer.RunAsync(reader, Report, cancellationToken);
    }

    private Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        _pauses.Enqueue(pause);
        return Task.CompletedTask;
    }

    private void Report(TransferProgress progress) => Assert.True(progress.Bytes >= 0);
}
