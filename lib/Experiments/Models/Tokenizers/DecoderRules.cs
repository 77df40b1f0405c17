namespace Experiments.Models.Tokenizers;

/// <summary>How the <c>decoder</c> of a <c>tokenizer.json</c> reads the vocabulary's pieces.</summary>
/// <param name="ByteLevel">GPT-2's alphabet.</param>
/// <param name="Metaspace"><c>▁</c> is a space.</param>
/// <param name="ByteFallback"><c>&lt;0x0A&gt;</c> is a byte.</param>
/// <param name="DropsFirstSpace">A space that begins the text is dropped.</param>
internal sealed record DecoderRules(bool ByteLevel, bool Metaspace, bool ByteFallback, bool DropsFirstSpace)
{
    private const string Supported = "Sequence, ByteLevel, Metaspace, ByteFallback, Fuse, Replace of ▁ by a space, Strip of one space at the start";

    internal static DecoderRules Read(TokenizerPart part) => Read(part, new(false, false, false, false));

    internal TokenText TextOf(string piece)
    {
        if (ByteFallback && ByteAlphabet.TryParsePiece(piece, out var value))
        {
            return TokenText.Byte(piece, value);
        }

        return ByteLevel && ByteAlphabet.BytesOf(piece) is { } bytes ? TokenText.OfBytes(bytes) : Metaspace ? TokenText.Metaspace(piece) : TokenText.Literal(piece);
    }

    private static DecoderRules Read(TokenizerPart part, DecoderRules rules) => part.Type switch
    {
        "Sequence" => part.Items("decoders").Aggregate(rules, (current, step) => Read(step, current)),
        "ByteLevel" => rules with { ByteLevel = true },
        "Metaspace" => rules with { Metaspace = true, DropsFirstSpace = part.Text("prepend_scheme") is { } scheme ? scheme != "never" : part.Flag("add_prefix_space", true) },
        "ByteFallback" => rules with { ByteFallback = true },
        "Fuse" => rules,
        "Replace" when part["pattern"].Text("String") == "▁" && part.Text("content") == " " => rules with { Metaspace = true },
        "Strip" when part.Text("content") == " " && part.Number("start") is 0 or 1 && part.Number("stop") is 0 => rules with { DropsFirstSpace = part.Number("start") == 1 },
        _ => throw part.Unsupported(part.Type is "Replace" or "Strip" ? "these settings" : null, Supported),
    };
}
