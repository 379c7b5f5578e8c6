using Akka.Actor;

namespace Akka.Remote.Transport;

/// <summary>The names a message to a selection still has to follow, as they cross the wire.</summary>
internal static class SelectionCodec
{
    private const int ElementsMax = 1024;

    private enum ElementCode : byte
    {
        Name = 1,
        Pattern = 2,
        Parent = 3,
    }

    public static void Write(ref FrameWriter writer, ActorSelectionMessage message)
    {
        writer.WriteByte(message.WildCardFanOut ? (byte)1 : (byte)0);
        writer.WriteInt32(message.Elements.Length);
        foreach (var element in message.Elements)
        {
            var (code, text) = element switch
            {
                SelectChildName child => (ElementCode.Name, child.Name),
                SelectChildPattern pattern => (ElementCode.Pattern, pattern.PatternStr),
                SelectParent => (ElementCode.Parent, ""),
                _ => throw new NotSupportedException($"{element.GetType()} cannot be selected remotely"),
            };
            writer.WriteByte((byte)code);
            writer.WriteString(text);
        }
    }

    /// <returns>A selection of the message that is yet to be read.</returns>
    public static Func<object, ActorSelectionMessage> Read(ref FrameReader reader)
    {
        var wildcardFanOut = reader.ReadByte() != 0;
        var count = reader.ReadInt32();
        if (count is < 0 or > ElementsMax)
        {
            throw new InvalidDataException($"A selection of {count} elements");
        }

        var elements = new SelectionPathElement[count];
        for (var i = 0; i < count; i++)
        {
            var code = (ElementCode)reader.ReadByte();
            var text = reader.ReadString();
            elements[i] = code switch
            {
                ElementCode.Name => new SelectChildName(text),
                ElementCode.Pattern => new SelectChildPattern(text),
                ElementCode.Parent => SelectParent.Instance,
                _ => throw new InvalidDataException($"A selection element of unknown kind {code}"),
            };
        }

        return message => new ActorSelectionMessage(message, elements, wildcardFanOut);
    }
}
