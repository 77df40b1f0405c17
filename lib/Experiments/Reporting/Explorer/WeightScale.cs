namespace Experiments.Reporting.Explorer;

/// <summary>Weights as bytes: 0 is less than <see cref="Floor"/>, 1 is the floor, and each further one the same factor more.</summary>
/// <param name="Levels">The greatest byte.</param>
/// <param name="Top">Its weight.</param>
internal readonly record struct WeightScale(int Levels, double Top)
{
    /// <summary>The least weight that is told from none.</summary>
    public const double Floor = AttentionFigures.DefaultLogFloor;

    /// <summary>How far a weight may be from its byte's, as a share of it.</summary>
    public double Error => Math.Pow(Top / Floor, 0.5 / (Levels - 1)) - 1;

    /// <summary>The byte of a weight from 0 to <see cref="Top"/>.</summary>
    public byte CodeOf(double weight) => weight < Floor ? (byte)0 : (byte)(1 + Math.Round((Levels - 1) * Math.Log(weight / Floor) / Math.Log(Top / Floor)));

    /// <summary>The weight that a byte stands for; 0 for 0.</summary>
    public double WeightOf(byte code) => code == 0 ? 0 : Floor * Math.Pow(Top / Floor, (code - 1) / (Levels - 1.0));
}
