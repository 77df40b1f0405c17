using System.Collections;
using System.Globalization;

namespace Experiments.Notebooks.Display;

/// <summary>The beginning of a collection, enumerated once: what of it is shown.</summary>
/// <param name="Items">The first items.</param>
/// <param name="Total">How many there are; null where only enumerating all would tell.</param>
/// <param name="IsCut">Whether there are more than <paramref name="Items"/>.</param>
internal sealed record CollectionHead(IReadOnlyList<object?> Items, long? Total, bool IsCut)
{
    private const int MostItems = 25;

    /// <summary>What is left out, such as <c>25 of 1,000</c>; empty where nothing is.</summary>
    internal string Count => !IsCut ? "" : Total is { } total ? string.Create(CultureInfo.InvariantCulture, $"{Items.Count:N0} of {total:N0}") : $"the first {Items.Count}";

    internal static CollectionHead Of(IEnumerable collection)
    {
        var items = new List<object?>();
        foreach (var item in collection)
        {
            if (items.Count == MostItems)
            {
                return new CollectionHead(items, TotalOf(collection), IsCut: true);
            }

            items.Add(item);
        }

        return new CollectionHead(items, items.Count, IsCut: false);
    }

    private static long? TotalOf(IEnumerable collection) => collection switch
    {
        Array array => array.LongLength,
        ICollection counted => counted.Count,
        // HashSet<T> and the immutable collections count through their generic interface only.
        _ => collection.GetType().GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>))?.GetProperty("Count")?.GetValue(collection) is int count ? count : null,
    };
}
