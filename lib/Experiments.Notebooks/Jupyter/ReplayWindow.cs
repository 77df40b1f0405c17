namespace Experiments.Notebooks.Jupyter;

/// <summary>The signatures seen last: a message that comes a second time was recorded and sent again by someone else.</summary>
internal sealed class ReplayWindow
{
    private const int Size = 65_536; // as jupyter_client's digest_history_size
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    internal bool IsNew(ReadOnlySpan<byte> signature)
    {
        var text = System.Text.Encoding.ASCII.GetString(signature);
        if (!_seen.Add(text))
        {
            return false;
        }

        _order.Enqueue(text);
        if (_order.Count > Size)
        {
            _seen.Remove(_order.Dequeue());
        }

        return true;
    }
}
