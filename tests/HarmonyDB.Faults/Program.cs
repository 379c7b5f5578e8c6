using HarmonyDB.Faults.BitFlips;
using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Faults.DiskFull;
using HarmonyDB.Faults.DiskStall;
using HarmonyDB.Faults.FlushOrder;
using HarmonyDB.Faults.InjectedErrors;
using HarmonyDB.Faults.IoErrors;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Faults.Kills;
using HarmonyDB.Faults.Membership;
using HarmonyDB.Faults.Pauses;
using HarmonyDB.Faults.PowerCuts;
using HarmonyDB.Faults.SystemCalls;
using HarmonyDB.Storage.Files;
using HarmonyDB.Testing;

const string Usage = """
    usage: HarmonyDB.Faults VERB [OPTION VALUE] ...

      kill-leader   kills the leader of a cluster again and again while clients write; no acknowledged write may be lost
                    --rounds N (10)  --nodes N (3)  --writers N (8)  --seed N (random)
      kills         kills members at random, sometimes two or all, while clients read and write; nothing acknowledged may be lost, nothing stale be read
                    --kills N (100)  --seed N (random)
      pauses        members stand still (SIGSTOP) for up to --longest seconds and go on as if nothing had been; nothing stale may be read
                    --pauses N (50)  --longest N (30)  --seed N (random)
      power-cuts    all members lose power at once, while clients write; what was acknowledged before must be there (needs root and xfsprogs)
                    --cuts N (100)  --file-system xfs|ext4 (xfs)  --seed N (random)
      injected-errors  system calls of a node fail, each error at another call; nothing unflushed may be acknowledged (needs strace)
                    --rounds N (5)  --seed N (random)
      disk-stall    the disk of a follower stands still for 3 s, three times a minute, under full load; nobody may stand for election (needs root)
                    --minutes N (10)  --writers N (64)
      membership    members join, vote, lead, leave and are replaced while clients write; no acknowledged write may be lost
                    --rounds N (10)  --writers N (8)
      system-calls  holds the system calls of log and store against what the simulated disk records (needs strace)
      flush-order   proves from a trace of system calls that every acknowledged write was flushed first
                    --writers N (64)  --writes N (2000)

    On a simulated disk; a case that fails is printed with the options that repeat it alone:

      crash-images   power cuts after every operation of recorded histories of log, store and both, sectors old, new, zero, garbage or half
                     --count N (1000000)  --seed N (1)  --jobs N (processors)  --history N  --prefix N  --image N
      crash-recovery power cuts in the recovery from a power cut, two and three deep
                     --count N (200000)  --seed N (1)  --jobs N (processors)  --history N  --prefix N  --image N
      bit-flips      every bit of log, store and snapshot, then more at once: refused when touched, never served
                     --count N (2000000)  --seed N (1)  --jobs N (processors)  --image N
      disk-full      every write and allocation of scripted work finds the disk full; reads go on, and work does when space is back
                     --count N (2) scripts of each kind  --seed N (1)  --jobs N (processors)  --history N  --prefix N
      io-errors      every call of scripted work fails in turn with EIO, ENOSPC, EDQUOT, EROFS, EINTR or a short count
                     --count N (4) scripts of each kind  --seed N (1)  --jobs N (processors)  --history N  --prefix N  --image N
    """;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};

try
{
    var arguments = new Arguments(
        args,
        "--rounds", "--nodes", "--writers", "--writes", "--seed", "--minutes", "--kills", "--pauses", "--longest", "--cuts", "--file-system", "--folder",
        "--count", "--jobs", "--history", "--prefix", "--image");
    var seed = arguments.Number("--seed", Random.Shared.Next(), 0, int.MaxValue);
    switch (arguments.Verb)
    {
        case "kill-leader":
            var options = new KillLeaderOptions(
                arguments.Number("--rounds", 10, 1, 10_000),
                arguments.Number("--nodes", 3, 3, 7),
                arguments.Number("--writers", 8, 1, 1_000),
                seed);
            return await KillLeaderProgram.RunAsync(options, stopping.Token);
        case "kills":
            return await KillsProgram.RunAsync(arguments.Number("--kills", 100, 1, 100_000), seed, stopping.Token);
        case "pauses":
            return await PausesProgram.RunAsync(
                arguments.Number("--pauses", 50, 1, 10_000), arguments.Number("--longest", 30, 1, 300), seed, stopping.Token);
        case "power-cuts":
            return await PowerCutsProgram.RunAsync(
                arguments.Number("--cuts", 100, 1, 100_000), arguments.Text("--file-system", "xfs"), seed, stopping.Token);
        case "injected-errors":
            return await InjectedErrorsProgram.RunAsync(arguments.Number("--rounds", 5, 1, 1_000), seed, stopping.Token);
        case "disk-stall":
            return await DiskStallProgram.RunAsync(
                TimeSpan.FromMinutes(arguments.Number("--minutes", 10, 1, 600)), arguments.Number("--writers", 64, 1, 1_000), stopping.Token);
        case "membership":
            return await MembershipProgram.RunAsync(arguments.Number("--rounds", 10, 1, 100), arguments.Number("--writers", 8, 1, 1_000), stopping.Token);
        case "system-calls":
            return await SystemCallsProgram.RunAsync(stopping.Token);
        case SystemCallsProgram.ScriptVerb:
            DiskScript.Run(new SystemDisk(), arguments.Text("--folder", Environment.CurrentDirectory));
            return 0;
        case "flush-order":
            return await FlushOrderProgram.RunAsync(
                arguments.Number("--writers", 64, 1, 10_000), arguments.Number("--writes", 2_000, 1, 1_000_000), stopping.Token);
        case "crash-images":
            return CrashImagesProgram.Run(CrashOptions.Parse(arguments, 1_000_000), stopping.Token);
        case "crash-recovery":
            return CrashRecoveryProgram.Run(CrashOptions.Parse(arguments, 200_000), stopping.Token);
        case "bit-flips":
            return BitFlipsProgram.Run(CrashOptions.Parse(arguments, 2_000_000), stopping.Token);
        case "disk-full":
            return DiskFullProgram.Run(arguments.Number("--count", 2, 1, 1_000), CrashOptions.Parse(arguments, 2), stopping.Token);
        case "io-errors":
            return IoErrorsProgram.Run(arguments.Number("--count", 4, 1, 1_000), CrashOptions.Parse(arguments, 4), stopping.Token);
        default:
            throw new FormatException($"'{arguments.Verb}' is no verb.");
    }
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
catch (Exception exception) when (exception is TimeoutException or InvalidOperationException or OperationCanceledException)
{
    Console.Error.WriteLine($"FAILED: {exception.Message}");
    return 1;
}
