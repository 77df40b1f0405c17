using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>Interventions by name and in one line of text: <c>span-steering:first=1,last=24,alpha=0.01</c>.</summary>
public static partial class Interventions
{
    private static readonly (string Name, Type Type)[] Kinds =
        [.. typeof(Intervention).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(kind => ((string)kind.TypeDiscriminator!, kind.DerivedType))];

    /// <summary>Names that <see cref="Parse"/> knows: the kinds, and the presets of re-balancing.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name), .. RebalancePresets.Names];

    /// <summary>The settings of a kind.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>Their keys; a control has those of its re-balancing too.</returns>
    public static IReadOnlyList<string> KeysOf(string name) => [.. Settings(Default(name)).Select(setting => setting.Key)];

    /// <summary>Reads an intervention.</summary>
    /// <param name="text">A name of <see cref="Names"/>, then <c>:key=value,…</c> for what is not at its default. Lists are joined by plus: <c>positions=3+7</c>.</param>
    /// <returns>The validated settings.</returns>
    /// <exception cref="ExperimentException">The name, a key or a value is not known, or the settings contradict each other.</exception>
    public static Intervention Parse(string text)
    {
        var (name, list) = text.Split(':', 2) is [var before, var after] ? (before, after) : (text, "");
        var intervention = Default(name);
        var settings = Settings(intervention).ToList();
        foreach (var pair in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (pair, "");
            var setting = settings.Find(setting => setting.Key == key);
            if (setting.Property is null)
            {
                throw new ExperimentException($"{name}: '{key}' is not a setting. Known: {string.Join(", ", settings.Select(known => known.Key))}.");
            }

            setting.Property.SetValue(setting.Owner, Value(name, setting.Property, key, value));
        }

        intervention.Validate();
        return intervention;
    }

    /// <summary>Writes an intervention so that <see cref="Parse"/> reads it.</summary>
    /// <param name="intervention">The settings.</param>
    /// <returns>The name of its preset or kind, and the settings that are not at their default.</returns>
    public static string Text(Intervention intervention)
    {
        if (intervention is RebalanceOptions options && RebalancePresets.Names.FirstOrDefault(name => RebalancePresets.Find(name) == options) is { } preset)
        {
            return preset;
        }

        var changed = Settings(intervention).Zip(Settings(Default(intervention.Name)), (setting, usual) => (setting.Key, Value: Written(setting), Usual: Written(usual)))
            .Where(setting => setting.Value.Length > 0 && setting.Value != setting.Usual);
        var list = string.Join(",", changed.Select(setting => $"{setting.Key}={setting.Value}"));
        return list.Length == 0 ? intervention.Name : $"{intervention.Name}:{list}";
    }

    /// <summary>An instance of its own, for its settings are written into it.</summary>
    private static Intervention Default(string name)
    {
        if (RebalancePresets.Names.Contains(name))
        {
            return RebalancePresets.Find(name) with { };
        }

        var type = Array.Find(Kinds, kind => kind.Name == name).Type
            ?? throw new ExperimentException($"There is no intervention '{name}'. Known: {string.Join(", ", Names)}.");
        return (Intervention)Activator.CreateInstance(type)!;
    }

    private static IEnumerable<(string Key, object Owner, PropertyInfo Property)> Settings(object owner) => owner.GetType().GetProperties()
        .Where(property => property.CanWrite)
        .SelectMany(property => property.PropertyType == typeof(RebalanceOptions)
            ? Settings(property.GetValue(owner)!)
            : [(Kebab(property.Name), owner, property)]);

    private static string Written((string Key, object Owner, PropertyInfo Property) setting) => setting.Property.GetValue(setting.Owner) switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        Enum value => Kebab(value.ToString()),
        IEnumerable<int> list => string.Join('+', list),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static object Value(string name, PropertyInfo property, string key, string text)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        object? value = type switch
        {
            _ when type == typeof(double) => double.TryParse(text, CultureInfo.InvariantCulture, out var real) ? real : null,
            _ when type == typeof(int) => Whole(text),
            _ when type == typeof(bool) => bool.TryParse(text, out var flag) ? flag : null,
            { IsEnum: true } => Enum.GetNames(type).FirstOrDefault(known => Kebab(known) == text) is { } known ? Enum.Parse(type, known) : null,
            _ => text.Split('+').Select(Whole).ToList() is var list && list.TrueForAll(one => one is not null) ? list.ConvertAll(one => one!.Value) : null,
        };
        return value ?? throw new ExperimentException($"{name}: {key} is '{text}'; give {Expected(type)}.");
    }

    private static int? Whole(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;

    private static string Expected(Type type) => type switch
    {
        _ when type == typeof(double) => "a number, such as 0.5",
        _ when type == typeof(int) => "a whole number, such as 2",
        _ when type == typeof(bool) => "true or false",
        { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type).Select(Kebab))}",
        _ => "whole numbers joined by plus, such as 3+7",
    };

    private static string Kebab(string name) => UpperCase().Replace(name, "-$1").ToLowerInvariant();

    [GeneratedRegex("(?<!^)([A-Z])")]
    private static partial Regex UpperCase();
}
