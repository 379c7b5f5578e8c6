using System.Reflection;
using Hocon;

namespace Akka.Configuration;

public static class ConfigurationFactory
{
    public static Config ParseString(string hocon)
    {
        // Akka's own parser knows neither include nor the environment; a text that needs them goes through HoconParser first.
        try
        {
            return new Config(HoconParser.Parse(hocon, includeCallback: null, useEnvironment: false).Root);
        }
        catch (HoconParserException e)
        {
            throw new ConfigurationException(e.Message, e);
        }
    }

    public static Config Default() => FromResource("Akka.Configuration.akka.conf", typeof(ConfigurationFactory).Assembly);

    public static Config FromResource(string resourceName, Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ConfigurationException($"{assembly.GetName().Name} has no resource [{resourceName}]");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
