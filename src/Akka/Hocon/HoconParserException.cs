namespace Hocon;

/// <summary>Text that is not HOCON, or that cannot be resolved; says where.</summary>
public sealed class HoconParserException : Exception
{
    public HoconParserException() { }
    public HoconParserException(string message) : base(message) { }
    public HoconParserException(string message, Exception innerException) : base(message, innerException) { }

    internal HoconParserException(string message, int lineNumber, int linePosition)
        : base($"{message} (line {lineNumber}, column {linePosition})")
    {
        LineNumber = lineNumber;
        LinePosition = linePosition;
    }

    public int LineNumber { get; }
    public int LinePosition { get; }
}
