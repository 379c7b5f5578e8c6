namespace HarmonyDB.Model;

/// <summary>A property that must hold in every state does not.</summary>
internal sealed class ModelViolationException(string message) : Exception(message)
{
    /// <summary>Throws if the property is violated.</summary>
    public static void ThrowIf(bool isViolated, string message)
    {
        if (isViolated)
        {
            throw new ModelViolationException(message);
        }
    }
}
