namespace Hocon;

public enum HoconCallbackType
{
    File = 0,
    Url = 1,
    Resource = 2,
}

/// <summary>Gives the text that an <c>include</c> names; null or blank text stands for an empty object.</summary>
public delegate Task<string> HoconIncludeCallbackAsync(HoconCallbackType callbackType, string value);
