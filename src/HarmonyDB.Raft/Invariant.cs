using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace HarmonyDB.Raft;

/// <summary>Checks that are cheap enough to stay on in production.</summary>
internal static class Invariant
{
    /// <summary>Throws <see cref="InvariantViolationException"/> unless the condition holds. The message is formatted only on failure.</summary>
    public static void Check(
        [DoesNotReturnIf(false)] bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref InvariantMessage message)
    {
        if (!condition)
        {
            throw new InvariantViolationException(message.ToString());
        }
    }
}
