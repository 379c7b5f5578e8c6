using System.Text;
using Akka.Actor;
using Akka.Serialization;

namespace Akka.Tests.Remote;

/// <summary>A message with a reference in it.</summary>
public sealed record Note(string Text, IActorRef? Ref = null);

public sealed class NoteSerializer : SerializerWithStringManifest
{
    public const string Unreadable = "unreadable";
    public const string Unwritable = "unwritable";

    public NoteSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    public override int Identifier => 5001;

    public override string Manifest(object o) => "note";

    public override byte[] ToBinary(object obj)
    {
        var note = (Note)obj;
        return note.Text == Unwritable
            ? throw new InvalidOperationException("This note cannot be written")
            : Encoding.UTF8.GetBytes($"{note.Text}\n{(note.Ref is null ? "" : Akka.Serialization.Serialization.SerializedActorPath(note.Ref))}");
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var parts = Encoding.UTF8.GetString(bytes).Split('\n');
        return (manifest, parts[0]) is ("note", not Unreadable)
            ? new Note(parts[0], parts[1].Length == 0 ? null : system.Provider.ResolveActorRef(parts[1]))
            : throw new ArgumentException($"This note cannot be read: {manifest} {parts[0]}");
    }
}
