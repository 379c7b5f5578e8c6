namespace HarmonyDB.Simulation;

/// <summary>A misfortune that lasts.</summary>
/// <param name="number">Orders those of the same time.</param>
/// <param name="mend">Takes back what it left broken.</param>
/// <param name="step">What it does next, or that it is over.</param>
internal sealed class FaultEpisode(int number, Action mend, Action step)
{
    /// <summary>Orders those of the same time.</summary>
    public int Number => number;

    /// <summary>Takes back what it left broken.</summary>
    public void Mend() => mend();

    /// <summary>Takes the next step.</summary>
    public void Step() => step();
}
