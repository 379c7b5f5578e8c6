using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Messages;

namespace HarmonyDB.Tests.Keyspace;

/// <summary>Seeded commands and reads over few enough keys that they meet, with the bytes and ends that are easily got wrong.</summary>
internal sealed class CommandGenerator(int seed)
{
    private static readonly byte[] KeyBytes = [0x00, 0x01, 0x61, 0x62, 0x7f, 0x80, 0xfe, 0xff];

    private readonly Random _random = new(seed);

    public Command Command()
    {
        if (_random.Next(100) < 75)
        {
            return new Command
            {
                Put = new PutCommand
                {
                    Key = Key(),
                    Value = Value(),
                    Lease = _random.Next(10) == 0 ? _random.NextInt64() : 0,
                    PreviousKeyValue = _random.Next(3) == 0,
                },
            };
        }

        // Mostly single keys and narrow ranges, so that the key space grows; now and then everything.
        var key = Key();
        var width = _random.Next(40);
        return new Command
        {
            DeleteRange = new DeleteRangeCommand
            {
                Key = width == 0 ? ByteString.CopyFrom(0) : key,
                RangeEnd = width switch
                {
                    0 => ByteString.CopyFrom(0),
                    < 25 => ByteString.Empty,
                    < 35 => ByteString.CopyFrom([.. key.Span, 0x80]),
                    _ => Key(),
                },
                PreviousKeyValues = _random.Next(3) == 0,
            },
        };
    }

    public CommandBatch Batch()
    {
        var batch = new CommandBatch();
        for (var i = _random.Next(1, 6); i > 0; i--)
        {
            batch.Commands.Add(Command());
        }

        return batch;
    }

    public RangeRequest Range()
    {
        var key = Key();
        var rangeEnd = _random.Next(4) switch
        {
            0 => ByteString.Empty,
            1 => ByteString.CopyFrom(0),
            _ => Key(),
        };
        return new RangeRequest(key.ToByteArray(), rangeEnd.ToByteArray())
        {
            Limit = _random.Next(3) == 0 ? 0 : _random.Next(-1, 20),
            KeysOnly = _random.Next(4) == 0,
            CountOnly = _random.Next(6) == 0,
        };
    }

    private ByteString Key()
    {
        var key = new byte[_random.Next(1, 5)];
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = KeyBytes[_random.Next(KeyBytes.Length)];
        }

        return ByteString.CopyFrom(key);
    }

    private ByteString Value()
    {
        var value = new byte[_random.Next(20) switch { 0 => 0, 1 => 5000, _ => _random.Next(60) }];
        _random.NextBytes(value);
        return ByteString.CopyFrom(value);
    }
}
