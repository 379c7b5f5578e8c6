using HarmonyDB.Client;
using HarmonyDB.Configuration;
using HarmonyDB.Messages;

namespace HarmonyDB.Actors;

/// <summary>What a command must keep to before it may enter the log: the same on the node that takes it and on the one that leads.</summary>
internal static class CommandLimits
{
    /// <summary>What is wrong with a command; null when nothing is.</summary>
    public static InvalidRequestException? Problem(Command command, LimitSettings limits)
    {
        (int keyBytes, int endBytes) = command.OperationCase switch
        {
            Command.OperationOneofCase.Put => (command.Put.Key.Length, 0),
            Command.OperationOneofCase.DeleteRange => (command.DeleteRange.Key.Length, command.DeleteRange.RangeEnd.Length),
            _ => (-1, 0),
        };
        int bytes = command.CalculateSize();
        return keyBytes < 0 ? new InvalidRequestException(InvalidRequestReason.Malformed, "The command has no operation.")
            : keyBytes == 0 ? new InvalidRequestException(InvalidRequestReason.EmptyKey, "The key is empty; it must have at least 1 byte.")
            : keyBytes > limits.KeyBytesMaximum || endBytes > limits.KeyBytesMaximum
                ? new InvalidRequestException(InvalidRequestReason.KeyTooLarge,
                    $"The key has {Math.Max(keyBytes, endBytes)} bytes; at most {limits.KeyBytesMaximum} are allowed (harmony.limits.max-key-bytes).")
            : bytes > limits.RequestBytesMaximum
                ? new InvalidRequestException(InvalidRequestReason.RequestTooLarge,
                    $"The request has {bytes} bytes; at most {limits.RequestBytesMaximum} are allowed (harmony.limits.max-request-bytes).")
            : null;
    }
}
