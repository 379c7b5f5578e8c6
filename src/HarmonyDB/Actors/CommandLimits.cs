using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Configuration;
using HarmonyDB.Messages;

namespace HarmonyDB.Actors;

/// <summary>What a command must keep to before it may enter the log: the same on the node that takes it and on the one that leads.</summary>
internal static class CommandLimits
{
    private const int BatchCommandsMaximum = 65536;

    private static readonly MessageParser<CommandBatch> Parser = CommandBatch.Parser.WithDiscardUnknownFields(true);

    /// <summary>
    /// What is wrong with a batch that a peer sent; null when nothing is. What is taken here goes into the log of every member, and none of them can get
    /// past an entry that it cannot apply.
    /// </summary>
    public static string? BatchProblem(ReadOnlySpan<byte> payload, LimitSettings limits)
    {
        CommandBatch batch;
        try
        {
            batch = WireParser.Parse(Parser, payload);
        }
        catch (MalformedMessageException e)
        {
            return e.Message;
        }

        // What this version would drop is refused: every member would stop at an entry that it does not understand in full, at each start anew.
        return batch.CalculateSize() != payload.Length ? $"Of its {payload.Length} bytes this version understands {batch.CalculateSize()}."
            : batch.Commands.Count is 0 or > BatchCommandsMaximum ? $"It has {batch.Commands.Count} commands."
            : batch.Commands.Select(c => Problem(c, limits)?.Message).FirstOrDefault(p => p is not null);
    }

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
