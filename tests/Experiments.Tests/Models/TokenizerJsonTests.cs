using System.Text.Json.Nodes;
using Experiments.Models;

namespace Experiments.Tests.Models;

/// <summary>Against Hugging Face's own library: Fixtures/tokenizers/make.cs wrote the files and the cases.</summary>
public sealed class TokenizerJsonTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "tokenizers");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. Directory.GetFiles(Fixtures, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => name != "cases")];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_and_text_equal_those_of_Hugging_Faces_library(string name)
    {
        var tokenizer = Load(name);
        foreach (var item in JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures, "cases.json")))![name]!.AsArray())
        {
            var (text, ids) = (item!["text"]!.GetValue<string>(), item["ids"]!.AsArray().Select(id => id!.GetValue<int>()).ToArray());
            Assert.Equal((text, string.Join(',', ids)), (text, string.Join(',', tokenizer.Encode(text, controlTokens: true))));
            Assert.Equal(item["decoded"]!.GetValue<string>(), tokenizer.Decode(ids));
        }
    }

    private TextTokenizer Load(string name)
    {
        File.Copy(Path.Combine(Fixtures, name + ".json"), _folder.File("tokenizer.json"), overwrite: true);
        return TextTokenizer.Load(_folder.Path);
    }
}
