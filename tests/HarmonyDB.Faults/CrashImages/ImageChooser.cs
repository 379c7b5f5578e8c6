namespace HarmonyDB.Faults.CrashImages;

/// <summary>Decides between the images that one crash can leave, sector by sector.</summary>
internal abstract class ImageChooser
{
    private const int DamageCount = 4;

    /// <summary>Gives garbage; the same for the same image.</summary>
    public abstract Random Random { get; }

    /// <summary>What a sector can hold that was written <paramref name="versions"/> times: before, each version, each damage.</summary>
    public static int SectorOptions(int versions) => 1 + versions + DamageCount;

    /// <summary>Chooses a number from 0 to <paramref name="options"/> - 1.</summary>
    public abstract int Pick(int options);

    /// <summary>Chooses what a sector holds, by its place in <see cref="SectorOptions"/>.</summary>
    public virtual int PickSector(int versions) => Pick(SectorOptions(versions));

    /// <summary>All images one after the other.</summary>
    internal sealed class Enumerating(int seed) : ImageChooser
    {
        private readonly List<(int Choice, int Options)> _choices = [];
        private int _next;

        public override Random Random { get; } = new(seed);

        public override int Pick(int options)
        {
            if (_next == _choices.Count)
            {
                _choices.Add((0, options));
            }

            return _choices[_next++].Choice;
        }

        /// <summary>Goes on to the next image.</summary>
        /// <returns>False when there is none.</returns>
        public bool MoveNext()
        {
            _next = 0;
            while (_choices.Count > 0 && _choices[^1].Choice == _choices[^1].Options - 1)
            {
                _choices.RemoveAt(_choices.Count - 1);
            }

            if (_choices.Count == 0)
            {
                return false;
            }

            _choices[^1] = _choices[^1] with { Choice = _choices[^1].Choice + 1 };
            return true;
        }
    }

    /// <summary>
    /// Some image of too many. From nothing arrived to everything did, and with or without damage: fixed chances would hardly ever draw those where a
    /// single sector differs.
    /// </summary>
    internal sealed class Drawing : ImageChooser
    {
        private readonly double _oldChance;
        private readonly double _damageChance;

        public Drawing(int seed)
        {
            Random = new Random(seed);
            _oldChance = Random.Next(6) switch { 0 => 0.02, 1 => 0.98, _ => Random.NextDouble() };
            _damageChance = Random.Next(3) == 0 ? 0 : Math.Pow(Random.NextDouble(), 3);
        }

        public override Random Random { get; }

        public override int Pick(int options) => Random.Next(options);

        public override int PickSector(int versions)
        {
            if (Random.NextDouble() < _damageChance)
            {
                return 1 + versions + Random.Next(DamageCount);
            }

            if (Random.NextDouble() < _oldChance)
            {
                return 0;
            }

            // Mostly the newest: what was written over before it was flushed hardly ever arrives.
            return Random.Next(4) == 0 ? 1 + Random.Next(versions) : versions;
        }
    }
}
