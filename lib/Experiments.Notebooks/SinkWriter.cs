using System.Globalization;
using System.Text;

namespace Experiments.Notebooks;

/// <summary>Console text on its way to a sink.</summary>
/// <param name="sink">Receives the text.</param>
/// <param name="name"><c>stdout</c> or <c>stderr</c>.</param>
internal sealed class SinkWriter(IOutputSink sink, string name) : TextWriter(CultureInfo.InvariantCulture)
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => sink.Stream(name, value.ToString());

    public override void Write(string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            sink.Stream(name, value);
        }
    }

    public override void WriteLine() => sink.Stream(name, "\n");

    public override void WriteLine(string? value) => sink.Stream(name, value + "\n");

    public override void Write(char[] buffer, int index, int count) => sink.Stream(name, new string(buffer, index, count));
}
