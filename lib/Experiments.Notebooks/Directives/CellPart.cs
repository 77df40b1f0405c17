namespace Experiments.Notebooks.Directives;

/// <summary>One piece of a cell: code, text of another language, or something that a directive asks for.</summary>
/// <param name="Line">1-based line of the cell, for errors.</param>
internal abstract record CellPart(int Line);

/// <summary>C#. Lines that belong to other parts are blank, so that errors keep their line numbers.</summary>
internal sealed record CodePart(int Line, string Code) : CellPart(Line);

/// <summary>Markdown or HTML, shown as it is.</summary>
internal sealed record TextPart(int Line, string MimeType, string Text) : CellPart(Line);

/// <summary><c>#!import</c> or <c>#load</c>: a notebook or script to run first.</summary>
internal sealed record ImportPart(int Line, string Path) : CellPart(Line);

/// <summary><c>#r "nuget: Id, version"</c>.</summary>
internal sealed record PackagePart(int Line, string Id, string Version) : CellPart(Line);

/// <summary><c>#i "nuget: source"</c>: where packages may come from too.</summary>
internal sealed record SourcePart(int Line, string Source) : CellPart(Line);

/// <summary><c>#!time</c>: show how long the cell took.</summary>
internal sealed record TimePart(int Line) : CellPart(Line);
