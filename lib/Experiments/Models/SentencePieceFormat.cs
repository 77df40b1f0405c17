using Experiments.Runs;
using Google.Protobuf;

namespace Experiments.Models;

/// <summary>The fields of SentencePiece's <c>ModelProto</c> (google/sentencepiece, sentencepiece_model.proto), by their numbers.</summary>
internal static class SentencePieceFormat
{
    private const int UnigramType = 1, BpeType = 2;

    internal static SentencePieceModel Read(byte[] bytes)
    {
        var pieces = new List<SentencePiece>();
        // The defaults of the format, for fields that a file leaves out.
        var model = new SentencePieceModel { Pieces = pieces, Unigram = true, RemoveExtraWhitespaces = true };
        Each(bytes, (field, input) =>
        {
            switch (field)
            {
                case 1: pieces.Add(ReadPiece(Message(input))); break;
                case 2: Each(Message(input), (f, i) => model = ReadTrainer(model, f, i)); break;
                case 3: Each(Message(input), (f, i) => model = ReadNormalizer(model, f, i)); break;
                default: input.SkipLastField(); break;
            }
        });
        return model;
    }

    internal static byte[] Write(SentencePieceModel model) => Message(output =>
    {
        foreach (var piece in model.Pieces)
        {
            Bytes(output, 1, Message(p =>
            {
                Bytes(p, 1, System.Text.Encoding.UTF8.GetBytes(piece.Text));
                p.WriteTag(2, WireFormat.WireType.Fixed32);
                p.WriteFloat(piece.Score);
                Int(p, 3, (int)piece.Kind);
            }));
        }

        Bytes(output, 2, Message(trainer =>
        {
            Int(trainer, 3, model.Unigram ? UnigramType : BpeType);
            Int(trainer, 4, model.Pieces.Count);
            Int(trainer, 35, model.ByteFallback ? 1 : 0);
            Int(trainer, 40, model.UnknownId);
            Int(trainer, 41, model.BosId);
            Int(trainer, 42, model.EosId);
            Int(trainer, 43, -1); // pad_id: none
        }));
        Bytes(output, 3, Message(normalizer =>
        {
            Bytes(normalizer, 1, "identity"u8.ToArray());
            Int(normalizer, 3, model.AddDummyPrefix ? 1 : 0);
            Int(normalizer, 4, model.RemoveExtraWhitespaces ? 1 : 0);
            Int(normalizer, 5, 1); // escape_whitespaces
        }));
    });

    private static SentencePiece ReadPiece(byte[] bytes)
    {
        var piece = new SentencePiece(string.Empty, 0, PieceKind.Normal);
        Each(bytes, (field, input) =>
        {
            switch (field)
            {
                case 1: piece = piece with { Text = input.ReadString() }; break;
                case 2: piece = piece with { Score = input.ReadFloat() }; break;
                case 3: piece = piece with { Kind = (PieceKind)input.ReadInt32() }; break;
                default: input.SkipLastField(); break;
            }
        });
        return piece;
    }

    private static SentencePieceModel ReadTrainer(SentencePieceModel model, int field, CodedInputStream input)
    {
        switch (field)
        {
            case 3:
                var type = input.ReadInt32();
                return type is UnigramType or BpeType
                    ? model with { Unigram = type == UnigramType }
                    : throw new ExperimentException($"its model type {type} is neither unigram (1) nor BPE (2)");
            case 24:
                return input.ReadBool() ? throw new ExperimentException("it treats white space as a suffix, which is not implemented") : model;
            case 35: return model with { ByteFallback = input.ReadBool() };
            case 40: return model with { UnknownId = input.ReadInt32() };
            case 41: return model with { BosId = input.ReadInt32() };
            case 42: return model with { EosId = input.ReadInt32() };
            default:
                input.SkipLastField();
                return model;
        }
    }

    private static SentencePieceModel ReadNormalizer(SentencePieceModel model, int field, CodedInputStream input)
    {
        switch (field)
        {
            case 2:
                return input.ReadBytes().Length > 0 ? throw new ExperimentException("it rewrites characters before encoding (precompiled_charsmap), which is not implemented") : model;
            case 3: return model with { AddDummyPrefix = input.ReadBool() };
            case 4: return model with { RemoveExtraWhitespaces = input.ReadBool() };
            case 5:
                return input.ReadBool() ? model : throw new ExperimentException("it keeps white space unescaped, which is not implemented");
            default:
                input.SkipLastField();
                return model;
        }
    }

    private static void Each(byte[] bytes, Action<int, CodedInputStream> read)
    {
        var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag && tag != 0)
        {
            read(WireFormat.GetTagFieldNumber(tag), input);
        }
    }

    private static byte[] Message(CodedInputStream input) => input.ReadBytes().ToByteArray();

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            write(output);
        }

        return buffer.ToArray();
    }

    private static void Int(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    private static void Bytes(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }
}
