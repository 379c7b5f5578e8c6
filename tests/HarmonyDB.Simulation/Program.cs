using HarmonyDB.Simulation;

try
{
    return new SimulationRun(RunOptions.Parse(args), Console.Out).Run();
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(RunOptions.Usage);
    return 2;
}
