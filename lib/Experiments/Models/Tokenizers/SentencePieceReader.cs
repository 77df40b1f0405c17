using Experiments.Runs;

namespace Experiments.Models.Tokenizers;

/// <summary>Makes a tokenizer of SentencePiece's <c>tokenizer.model</c>.</summary>
internal static class SentencePieceReader
{
    internal static TokenizerPipeline Read(string path, TokenizerSettings settings)
    {
        try
        {
            return Pipeline(SentencePieceModel.Parse(File.ReadAllBytes(path)), settings) with { Origin = path };
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or OutOfMemoryException))
        {
            throw new ExperimentException($"{path} is not a usable SentencePiece model: {e.Message}. Download it again; without the file, --tokens takes ids.", e);
        }
    }

    internal static TokenizerPipeline Pipeline(SentencePieceModel model, TokenizerSettings settings)
    {
        var tokens = new TokenTable();
        foreach (var (id, piece) in model.Pieces.Index())
        {
            tokens.Set(id, piece.Text, _ => TextOf(piece));
        }

        var controls = model.Pieces.Index().Where(entry => entry.Item.Kind == PieceKind.Control).Select(entry => new AddedToken(entry.Index, entry.Item.Text) { IsSpecial = true });
        var added = settings.Added.Where(token => !tokens.Contains(token.Id)).ToList();
        tokens.Add(added);
        var pipeline = new TokenizerPipeline(tokens, new SentencePieceSegmenter(model))
        {
            Added = [.. controls, .. added],
            Normalize = text => Normalize(model, text),
            BosId = model.BosId,
            EosId = model.EosId,
            Prefix = model.BosId >= 0 ? [model.BosId] : [],
            DropsFirstSpace = model.AddDummyPrefix || model.RemoveExtraWhitespaces,
        };
        return settings.Complete(pipeline, text => model.Pieces.Index().Where(entry => entry.Item.Text == text).Select(entry => (int?)entry.Index).FirstOrDefault());
    }

    /// <summary>Spaces as <c>▁</c>, the dummy prefix, extra spaces dropped.</summary>
    private static AlignedText Normalize(SentencePieceModel model, AlignedText text)
    {
        if (model.RemoveExtraWhitespaces)
        {
            var extra = text.Matches(" ").Where(at => at == 0 || text.Text[at - 1] == ' ');
            text = text.Rewrite(extra.Select(at => (at, 1, string.Empty)));
            text = text.Slice(0, text.Text.TrimEnd(' ', '▁').Length);
        }

        text = text.Replace(" ", "▁");
        return text.Length > 0 && model.AddDummyPrefix ? text.Prepend("▁") : text;
    }

    private static TokenText TextOf(SentencePiece piece) => piece.Kind switch
    {
        PieceKind.Byte when ByteAlphabet.TryParsePiece(piece.Text, out var value) => TokenText.Byte(piece.Text, value),
        PieceKind.Control => TokenText.Control(piece.Text),
        PieceKind.Unknown => TokenText.Unknown with { Piece = piece.Text },
        _ => TokenText.Metaspace(piece.Text),
    };
}
