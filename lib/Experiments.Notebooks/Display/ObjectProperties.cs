using System.Reflection;

namespace Experiments.Notebooks.Display;

/// <summary>An object's public properties, for showing it.</summary>
internal static class ObjectProperties
{
    private const int Most = 20;

    internal static IReadOnlyList<PropertyInfo> Of(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.GetIndexParameters().Length == 0 && !property.PropertyType.IsByRefLike).Take(Most)];

    /// <summary>A property's value; the exception where its getter throws, so that one bad property hides no other.</summary>
    internal static object? Value(PropertyInfo property, object? owner)
    {
        try
        {
            return property.GetValue(owner);
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException;
        }
    }
}
