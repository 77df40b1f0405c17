using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>What the runner tells while it works. Every method does nothing unless overridden.</summary>
public interface IRunObserver
{
    /// <summary>A cell begins.</summary>
    /// <param name="index">0-based index among the notebook's cells.</param>
    /// <param name="total">Number of cells.</param>
    /// <param name="cell">The cell.</param>
    void CellStarted(int index, int total, NotebookCell cell)
    {
    }

    /// <summary>A cell wrote text.</summary>
    /// <param name="name"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="text">The text.</param>
    void Wrote(string name, string text)
    {
    }

    /// <summary>A displayed value changed, as progress does.</summary>
    /// <param name="bundle">MIME type to content.</param>
    void Updated(JsonObject bundle)
    {
    }

    /// <summary>A cell ended.</summary>
    /// <param name="outcome">How.</param>
    void CellFinished(CellOutcome outcome)
    {
    }
}
