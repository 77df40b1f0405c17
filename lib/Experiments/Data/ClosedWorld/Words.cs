namespace Experiments.Data.ClosedWorld;

/// <summary>The words of the closed world. The embedded model's vocabulary is built from them.</summary>
internal static class Words
{
    internal static readonly string[] Women = ["Ann", "Cleo", "Eve", "Hana", "Ivy", "Mia", "Olga", "Rosa", "Tess", "Uma", "Vera", "Zoe"];

    internal static readonly string[] Men = ["Bob", "Dan", "Finn", "Gus", "Jack", "Kim", "Leo", "Ned", "Paul", "Sam", "Walt", "Yan"];

    internal static readonly string[] People = [.. Women, .. Men];

    internal static readonly string[] Things = ["tea", "rice", "milk", "bread", "fish", "soup", "plums", "corn", "jam", "nuts", "cake", "figs", "beans", "honey", "pears", "salt"];

    internal static readonly string[] Events = ["storm", "feast", "race", "song", "trial", "harvest", "wedding", "dance", "fire", "market", "flood", "vote", "parade", "hunt", "play", "truce"];

    internal static readonly string[] Kinds =
        ["cat", "dog", "goat", "horse", "crow", "duck", "mouse", "bear", "fox", "lion", "baker", "hunter", "sailor", "singer", "miller", "guard", "clerk", "rider", "healer", "mason"];

    internal static readonly (string One, string Many)[] Containers =
        [
            ("crate", "crates"), ("box", "boxes"), ("tin", "tins"), ("bag", "bags"), ("cart", "carts"), ("jar", "jars"), ("chest", "chests"), ("pack", "packs"),
            ("tub", "tubs"), ("sack", "sacks"), ("tray", "trays"), ("case", "cases"),
        ];

    internal static readonly string[] Ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

    /// <summary>Draws distinct items.</summary>
    internal static T[] Draw<T>(Random random, IReadOnlyList<T> from, int count)
    {
        var pool = from.ToArray();
        for (var i = 0; i < count; i++)
        {
            var j = random.Next(i, pool.Length);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }

        return pool[..count];
    }

    /// <summary>All items in some order.</summary>
    internal static T[] Draw<T>(Random random, IReadOnlyList<T> from) => Draw(random, from, from.Count);

    /// <summary>Numbers near a value, nearest ones most likely, never the value itself, from 0 to 99.</summary>
    internal static List<string> Near(Random random, int value, int spread)
    {
        var near = new HashSet<int>();
        while (near.Count < 3)
        {
            var other = value + random.Next(-spread, spread + 1);
            if (other is >= 0 and < 100 && other != value)
            {
                near.Add(other);
            }
        }

        return [.. near.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))];
    }
}
