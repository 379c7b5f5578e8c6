using Xunit;

namespace HarmonyDB.Faults.KillLeader;

public sealed class WriteHistoryTests
{
    private readonly WriteHistory _history = new();

    public WriteHistoryTests()
    {
        foreach (var key in (string[])["acknowledged", "refused", "unknown"])
        {
            _history.Begin(key, "v");
        }

        _history.Acknowledged("acknowledged", 5);
        _history.Refused("refused");
    }

    [Fact]
    public void Judge_EverythingAsTold_IsClean()
    {
        AssertVerdict([], [], ("acknowledged", new StoredKey("v", 5, 1)));
        AssertVerdict([], [], ("acknowledged", new StoredKey("v", 5, 1)), ("unknown", new StoredKey("v", 6, 1)));
        Assert.Equal((1, 1), (_history.AcknowledgedCount, _history.UnknownCount));
    }

    [Fact]
    public void Judge_AcknowledgedMissingOrOther_IsLost()
    {
        AssertVerdict(["acknowledged"], []);
        AssertVerdict(["acknowledged"], [], ("acknowledged", new StoredKey("v", 6, 1)));
        AssertVerdict(["acknowledged"], ["acknowledged"], ("acknowledged", new StoredKey("w", 5, 1)));
    }

    [Fact]
    public void Judge_RefusedUnwrittenOrTwiceApplied_IsWrong()
    {
        var good = ("acknowledged", new StoredKey("v", 5, 1));
        AssertVerdict([], ["refused"], good, ("refused", new StoredKey("v", 6, 1)));
        AssertVerdict([], ["nobody's"], good, ("nobody's", new StoredKey("v", 6, 1)));
        AssertVerdict([], ["unknown"], good, ("unknown", new StoredKey("v", 7, 2)));
    }

    [Fact]
    public void Judge_KeyOfOthers_IsNotLookedAt() =>
        AssertVerdict([], [], ("acknowledged", new StoredKey("v", 5, 1)), ($"{WriteHistory.UnrecordedPrefix}1", new StoredKey("w", 6, 9)));

    [Fact]
    public void PowerWent_AcknowledgedBefore_MustBeThere_Later_NeedNot()
    {
        var before = _history.AcknowledgedKeys();
        _history.Begin("later", "v");
        _history.Acknowledged("later", 6);
        _history.PowerWent(before);

        AssertVerdict([], [], ("acknowledged", new StoredKey("v", 5, 1)));
        AssertVerdict([], [], ("acknowledged", new StoredKey("v", 5, 1)), ("later", new StoredKey("v", 6, 1)));
        AssertVerdict(["acknowledged"], [], ("later", new StoredKey("v", 6, 1)));
        Assert.Equal((1, 2), (_history.AcknowledgedCount, _history.UnknownCount));
    }

    [Fact]
    public void Begin_SameKeyTwice_Throws() => Assert.Throws<InvalidOperationException>(() => _history.Begin("refused", "v"));

    private void AssertVerdict(string[] lost, string[] wrong, params (string Key, StoredKey Stored)[] stored)
    {
        var verdict = _history.Judge(stored.ToDictionary(s => s.Key, s => s.Stored));
        Assert.Equal(lost, verdict.Lost);
        Assert.Equal(wrong, verdict.Wrong);
    }
}
