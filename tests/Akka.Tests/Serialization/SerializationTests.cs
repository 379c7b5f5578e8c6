using System.Text;
using Akka.Actor;
using Akka.Serialization;
using Xunit;

namespace Akka.Tests.Serialization;

public sealed class SerializationTests : SystemTest
{
    private static readonly string Bound = $$"""
        akka.actor {
          serializers.note = "{{typeof(NoteSerializer).FullName}}, Akka.Tests"
          serialization-bindings { "{{typeof(Note).FullName}}, Akka.Tests" = note }
          serialization-identifiers { "{{typeof(NoteSerializer).FullName}}, Akka.Tests" = 777 }
        }
        """;

    [Fact]
    public void Serializer_Bound_RoundTripsByIdentifierAndManifest()
    {
        var serialization = NewSystem(Bound).Serialization;
        var serializer = serialization.FindSerializerFor(new LongNote("text"));
        Assert.Equal(777, serializer.Identifier);
        var bytes = serialization.Serialize(new Note("text"));
        Assert.Equal(new Note("text"), serialization.Deserialize(bytes, 777, "note"));
    }

    [Theory]
    [InlineData("text")]
    [InlineData(42)]
    [InlineData(42L)]
    public void Primitive_RoundTrips(object value)
    {
        var serializer = Sys.Serialization.FindSerializerFor(value);
        var manifest = Akka.Serialization.Serialization.ManifestFor(serializer, value);
        Assert.Equal(value, Sys.Serialization.Deserialize(serializer.ToBinary(value), serializer.Identifier, manifest));
    }

    [Fact]
    public void Bytes_ArePassedThrough()
    {
        byte[] bytes = [1, 2, 3];
        var serializer = Sys.Serialization.FindSerializerFor(bytes);
        Assert.Same(bytes, serializer.ToBinary(bytes));
    }

    [Fact]
    public void ActorRef_Path_ResolvesToTheSameActor()
    {
        var actor = Spawn((_, _) => { });
        var path = Akka.Serialization.Serialization.SerializedActorPath(actor);
        Assert.Equal(actor, Sys.Serialization.DeserializeActorRef(path));
    }

    [Fact]
    public void Identity_RoundTripsWithItsReference()
    {
        var actor = Spawn((_, _) => { });
        var identity = new ActorIdentity("id", actor);
        var serializer = Sys.Serialization.FindSerializerFor(identity);
        var manifest = Akka.Serialization.Serialization.ManifestFor(serializer, identity);
        var copy = (ActorIdentity)Sys.Serialization.Deserialize(serializer.ToBinary(identity), serializer.Identifier, manifest);
        Assert.Equal(("id", actor), (copy.MessageId, copy.Subject));
    }

    public record Note(string Text);

    public sealed record LongNote(string Text) : Note(Text);

    public sealed class NoteSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override string Manifest(object o) => "note";

        public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(((Note)obj).Text);

        public override object FromBinary(byte[] bytes, string manifest) => new Note(Encoding.UTF8.GetString(bytes));
    }
}
