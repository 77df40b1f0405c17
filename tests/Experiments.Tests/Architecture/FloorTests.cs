using System.Text.RegularExpressions;

namespace Experiments.Tests.Architecture;

public class FloorTests
{
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["Runs"] = 0,
        ["Models"] = 1,
        ["Reporting"] = 1,
        ["Data"] = 1,
        ["Training"] = 2,
        ["Interpretability"] = 2,
        ["Evaluation"] = 2,
        ["Studies"] = 3,
    };

    [Fact]
    public void No_part_names_a_higher_floor_or_its_neighbour()
    {
        var library = Path.Combine(Root(), "lib", "Experiments");
        var found = from part in Floors
                    from file in Directory.EnumerateFiles(Path.Combine(library, part.Key), "*.cs", SearchOption.AllDirectories)
                    let text = File.ReadAllText(file)
                    from other in Floors
                    where other.Key != part.Key && other.Value >= part.Value && Regex.IsMatch(text, $@"(?<!Microsoft\.ML\.)\bExperiments\.{other.Key}\b|using {other.Key}\b")
                    select $"{Path.GetRelativePath(library, file)} names {other.Key}";
        Assert.Empty(found);
    }

    [Fact]
    public void Every_folder_of_the_library_has_a_floor() => Assert.Equal(
        Floors.Keys.Order(),
        Directory.EnumerateDirectories(Path.Combine(Root(), "lib", "Experiments")).Select(folder => Path.GetFileName(folder)).Where(name => name is not ("bin" or "obj")).Order());

    [Fact]
    public void The_notebook_engine_knows_no_model()
    {
        var references = typeof(Experiments.Notebooks.CSharpEngine).Assembly.GetReferencedAssemblies().Select(name => name.Name);
        Assert.DoesNotContain(references, name => name is "Experiments" or "TorchSharp");
    }

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Experiments.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
