namespace Hocon;

public class HoconException(string message) : Exception(message);

/// <summary>Text that is not HOCON, or that cannot be resolved; says where.</summary>
public sealed class HoconParserException : Exception
{
    internal HoconParserException(string message, int lineNumber, int linePosition)
        : base($"{message} (line {lineNumber}, column {linePosition})") => (LineNumber, LinePosition) = (lineNumber, linePosition);

    public int LineNumber { get; }
    public int LinePosition { get; }
}
