using Xunit;

namespace HarmonyDB.Faults.Registers;

public sealed class RegisterHistoryTests
{
    private readonly RegisterHistory _history = new();

    [Fact]
    public void Judge_ReadsSeeWhatWasWritten_IsClean()
    {
        Write(1, 2, revision: 5);
        Read(3, 4, saw: 1, modRevision: 5);
        Write(5, 8, revision: 6, saw: 1);
        Read(6, 7, saw: 1, modRevision: 5);
        Read(7, 9, saw: 2, modRevision: 6);

        Assert.Empty(_history.Judge());
    }

    [Fact]
    public void Judge_ReadBeforeAnyWrite_SeesNothing()
    {
        Read(1, 2, saw: 0, modRevision: 0);
        Write(3, 4, revision: 5);

        Assert.Empty(_history.Judge());
    }

    [Fact]
    public void R16_Judge_StaleRead_IsAProblem()
    {
        Write(1, 2, revision: 5);
        Write(3, 4, revision: 6);
        Read(5, 6, saw: 1, modRevision: 5);

        Assert.Contains("Stale", Assert.Single(_history.Judge()), StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_AcknowledgedWriteForgotten_IsAProblem()
    {
        Write(1, 2, revision: 5);
        Read(3, 4, saw: 0, modRevision: 0);

        Assert.Single(_history.Judge());
    }

    [Fact]
    public void Judge_ReadGoesBack_IsAProblem()
    {
        Write(1, 2, revision: 5);
        Write(3, 10, revision: 6);
        Read(4, 5, saw: 2, modRevision: 6);
        Read(6, 7, saw: 1, modRevision: 5);

        Assert.Single(_history.Judge());
    }

    [Fact]
    public void Judge_WriteSawWhatWasNotThere_IsAProblem()
    {
        Write(1, 2, revision: 5);
        Write(3, 4, revision: 6);
        Write(5, 6, revision: 7, saw: 1);

        Assert.Single(_history.Judge());
    }

    [Fact]
    public void Judge_UnknownWrite_MayBeSeenOrNot_ButNotUnseenAgain()
    {
        Write(1, 2, revision: 5);
        _history.Begin(0, writes: true, 3);
        Read(4, 5, saw: 1, modRevision: 5);
        Assert.Empty(_history.Judge());

        Read(6, 7, saw: 2, modRevision: 6);
        Assert.Empty(_history.Judge());

        Read(8, 9, saw: 1, modRevision: 5);
        Assert.Single(_history.Judge());
    }

    [Fact]
    public void Judge_RefusedWriteSeen_IsAProblem()
    {
        _history.Begin(0, writes: true, 1).Refuse();
        Read(2, 3, saw: 1, modRevision: 5);

        Assert.Single(_history.Judge());
    }

    [Fact]
    public void WithStaleRead_CleanHistory_IsObjectedTo()
    {
        Write(1, 2, revision: 5);
        Write(3, 4, revision: 6);

        Assert.Empty(_history.Judge());
        Assert.Single(_history.WithStaleRead().Judge());
        Assert.Empty(_history.Judge());
    }

    [Fact]
    public void WithStaleRead_NothingWrittenTwice_Throws()
    {
        Write(1, 2, revision: 5);

        Assert.Throws<InvalidOperationException>(_history.WithStaleRead);
    }

    private void Read(long begin, long end, long saw, long modRevision) => _history.Begin(0, writes: false, begin).Read(saw, modRevision, end);

    private void Write(long begin, long end, long revision, long saw = -1) => _history.Begin(0, writes: true, begin).Wrote(revision, saw, end);
}
