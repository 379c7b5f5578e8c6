using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HarmonyDB.Testing;

/// <summary>Finds loopback ports for nodes.</summary>
public static class FreePorts
{
    private const int First = 10240;
    private const string EphemeralRangeFile = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>
    /// Ports that nobody listens on, below those the system gives to outgoing connections: the port of a node that was killed must still be free when it
    /// comes back.
    /// </summary>
    public static IReadOnlyList<int> Take(int count)
    {
        var end = File.Exists(EphemeralRangeFile)
            ? int.Parse(File.ReadAllText(EphemeralRangeFile).Split((char[])['\t', ' '])[0], CultureInfo.InvariantCulture)
            : 32768;
        var ports = new List<int>();
        var candidate = Random.Shared.Next(First, end);
        for (var tried = 0; ports.Count < count; tried++)
        {
            if (tried > end - First)
            {
                throw new InvalidOperationException($"No {count} free ports between {First} and {end}.");
            }

            if (IsFree(candidate))
            {
                ports.Add(candidate);
            }

            candidate = candidate + 1 < end ? candidate + 1 : First;
        }

        return ports;
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
