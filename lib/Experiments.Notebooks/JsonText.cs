using System.Text.Encodings.Web;
using System.Text.Json;

namespace Experiments.Notebooks;

/// <summary>How JSON for people is written.</summary>
internal static class JsonText
{
    /// <summary>On several lines; only what JSON demands is escaped.</summary>
    internal static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
