using Akka.Actor;

namespace Akka.Remote;

public class RemoteTransportException(string message, Exception? cause = null) : AkkaException(message, cause);
