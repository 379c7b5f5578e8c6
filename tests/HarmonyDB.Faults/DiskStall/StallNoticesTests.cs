using Xunit;

namespace HarmonyDB.Faults.DiskStall;

public sealed class StallNoticesTests
{
    [Fact]
    public void Read_OtherLinesBetween_FindsEachStall()
    {
        string[] lines =
        [
            "2026-11-22 14:00:00 INFO n1 follows n2",
            "2026-11-22 14:00:03 WARN The disk stalled: a write to the log took 3.000 s. A leader",
            "2026-11-22 14:00:23 WARN The disk stalled: a flush of the log took 12.700 s. A leader",
        ];

        Assert.Equal([TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(12.7)], StallNotices.Read(lines));
    }

    [Fact]
    public void Read_NoStall_IsEmpty() => Assert.Empty(StallNotices.Read(["The disk is fine", ""]));
}
