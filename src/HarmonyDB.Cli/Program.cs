using System.Runtime.InteropServices;
using HarmonyDB.Cli.CommandLine;

// The first signal asks the command to stop; a second one within the same process is left to the system, which ends it.
using var stopping = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

return await new HarmonyCommandLine(CommandHost.System()).InvokeAsync(args, stopping.Token);

void OnSignal(PosixSignalContext context)
{
    context.Cancel = !stopping.IsCancellationRequested;
    stopping.Cancel();
}
