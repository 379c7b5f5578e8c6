namespace Hocon;

public class HoconException : Exception
{
    public HoconException(string message)
        : base(message) { }
}
