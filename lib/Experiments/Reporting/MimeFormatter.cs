using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting;

/// <summary>Shows values of one type, and of types derived from it, in one MIME type.</summary>
internal sealed class MimeFormatter<T>(string mimeType, Func<T, string> write) : ITypeFormatter
{
    public string MimeType { get; } = mimeType;

    public Type Type => typeof(T);

    public bool Format(object instance, FormatContext context)
    {
        if (instance is not T value)
        {
            return false;
        }

        context.Writer.Write(write(value));
        return true;
    }
}
