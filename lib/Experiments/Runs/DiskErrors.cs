namespace Experiments.Runs;

/// <summary>Turns what the file system throws into one sentence that names the path and the way out.</summary>
internal static class DiskErrors
{
    private const int NoSpaceUnix = 28;
    private const int QuotaUnix = 122;
    private const int ReadOnlyUnix = 30;
    private const int DiskFullWindows = unchecked((int)0x80070070);
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);

    /// <summary>Runs <paramref name="work"/>; a file system error becomes an <see cref="ExperimentException"/>.</summary>
    public static T Explain<T>(string what, string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"{what} '{path}': {Reason(e)}", e);
        }
    }

    /// <inheritdoc cref="Explain{T}"/>
    public static void Explain(string what, string path, Action work) =>
        Explain(what, path, () =>
        {
            work();
            return true;
        });

    private static string Reason(Exception e) => e switch
    {
        UnauthorizedAccessException => "no permission. Choose another folder with --output, or change the rights.",
        FileNotFoundException or DirectoryNotFoundException => "it does not exist. Check the path.",
        { HResult: NoSpaceUnix or QuotaUnix or DiskFullWindows or HandleDiskFullWindows } =>
            "the disk is full. Free some space or choose another folder with --output; what was there before is unchanged.",
        { HResult: ReadOnlyUnix } => "the file system is read-only. Choose another folder with --output.",
        _ => $"{e.Message.TrimEnd('.').ReplaceLineEndings(" ")}. Check the path or choose another folder with --output.",
    };
}
