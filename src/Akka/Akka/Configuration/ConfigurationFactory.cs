using System.Reflection;
using Hocon;

namespace Akka.Configuration;

public class ConfigurationFactory
{
    public static Config Empty => Config.Empty;

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

    /// <summary>What an application's own file says: this one has no app.config, so nothing.</summary>
    public static Config Load() => Config.Empty;
    public static Config Default() => FromResource("Akka.Configuration.akka.conf", typeof(ConfigurationFactory).Assembly);
    public static Config FromResource<TAssembly>(string resourceName) => FromResource(resourceName, typeof(TAssembly).Assembly);

    public static Config FromResource(string resourceName, Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ConfigurationException($"{assembly.GetName().Name} has no resource [{resourceName}]");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
