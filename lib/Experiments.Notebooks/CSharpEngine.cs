using System.Reflection;
using System.Text;
using Experiments.Notebooks.Directives;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Experiments.Notebooks;

/// <summary>Runs C# cells one after another. Variables, usings and types stay, also after a cell failed or was interrupted.</summary>
/// <remarks>
/// Cells are Roslyn script submissions. The engine owns the array of submission states and calls the entry points itself, and
/// gives the references to the first submission only: see lib/decisions/003-notebook-engine.md.
/// </remarks>
public sealed class CSharpEngine
{
    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Preview, kind: SourceCodeKind.Script);
    private static readonly string[] Imports =
        ["System", "System.Collections", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading.Tasks", "Microsoft.DotNet.Interactive.Formatting", "Experiments.Notebooks"];
    private static readonly string[] StaticImports = ["Experiments.Notebooks.CellFunctions"];

    private readonly CellAssemblies _assemblies;
    private CSharpCompilation? _previous;
    private object?[] _states = new object?[16];
    private int _submissions;

    /// <summary>Makes an engine without any state.</summary>
    /// <param name="folder">Folder that relative <c>#r</c> paths start from: the notebook's.</param>
    public CSharpEngine(string folder) => _assemblies = new CellAssemblies(Path.GetFullPath(folder));

    /// <summary>Runs a cell.</summary>
    /// <param name="code">Its text.</param>
    /// <param name="number">Its execution count; errors say <c>In [number]</c>.</param>
    /// <param name="sink">Receives console text and displays.</param>
    /// <param name="cancellation">Interrupts the cell: loops in the cell stop at once, waits are interrupted.</param>
    /// <returns>Its last expression's value, or its error. Only errors of the engine itself are thrown.</returns>
    public async Task<CellResult> RunAsync(string code, int number, IOutputSink sink, CancellationToken cancellation = default)
    {
        using var context = new CellContext(sink, cancellation);
        var script = new CellScript((part, name, folder) => RunCodeAsync(part, name, folder, cancellation), _assemblies, sink, cancellation);
        return await script.RunAsync(code, $"In [{number}]", _assemblies.Folder);
    }

    /// <summary>Folder that relative paths in cells start from.</summary>
    internal string Folder => _assemblies.Folder;

    /// <summary>Runs a submission that leaves nothing behind. It takes the references, so the first cell costs what a later one does.</summary>
    internal Task WarmUpAsync() => RunCodeAsync("1 + 1", "warm-up", Folder, CancellationToken.None);

    /// <summary>Compiles what cells often hold and throws it away: the compiler's own code for it is then ready. A cell may run meanwhile.</summary>
    internal EmitResult WarmUpCompiler() => Emit(Look("""
        {
            var words = new List<string> { "a", $"{1.5:0.0}" };
            foreach (var word in words.Where(word => word.Length > 0).Select(word => word.Trim()))
            {
                Console.WriteLine(word);
            }

            await Task.CompletedTask;
        }
        """), new MemoryStream(), new MemoryStream(), CancellationToken.None);

    /// <summary>A cell as the compiler would see it now, without running it.</summary>
    internal CSharpCompilation Look(string code) => Submission(Parse(code), []);

    /// <summary>A cell's syntax.</summary>
    internal static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), Parsing);

    private async Task<CellResult> RunCodeAsync(string code, string name, string folder, CancellationToken cancellation)
    {
        CSharpCompilation compilation;
        bool stays;
        Func<object?[], Task<object>>? entry;
        try
        {
            (code, var added) = _assemblies.Resolve(code, name, folder);
            compilation = Compile(code, name, added);
            stays = _previous is null || added.Count > 0 || CellDeclarations.Any(compilation);
            entry = Load(compilation, name, stays, cancellation);
        }
        catch (CellCompilationException e)
        {
            return new CellResult(false, null, e.Error);
        }

        if (entry is null)
        {
            return new CellResult(false, null, null); // nothing to run
        }

        if (stays)
        {
            _previous = CellDeclarations.Of(compilation);
            _assemblies.Referenced();
        }

        _submissions++;
        if (_submissions + 1 >= _states.Length)
        {
            Array.Resize(ref _states, 2 * _states.Length);
        }

        try
        {
            var value = await CellThread.RunAsync(() => entry(_states), cancellation);
            return new CellResult(value is not null, value, null);
        }
        catch (Exception e)
        {
            return new CellResult(false, null, CellErrors.Of(e, cancellation));
        }
    }

    private CSharpCompilation Compile(string code, string name, IEnumerable<MetadataReference> added)
    {
        var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), Parsing, name);
        if (tree.GetRoot() is CompilationUnitSyntax { Members.Count: 0, Usings.Count: > 0 })
        {
            // A submission without members is passed over, its usings too: give it one.
            tree = CSharpSyntaxTree.ParseText(SourceText.From(code + "\n_ = 0;", Encoding.UTF8), Parsing, name);
        }

        var root = (CompilationUnitSyntax)new LoopInterruption().Visit(tree.GetRoot());
        return Submission(CSharpSyntaxTree.Create(root, Parsing, name, Encoding.UTF8), added);
    }

    private CSharpCompilation Submission(SyntaxTree tree, IEnumerable<MetadataReference> added)
    {
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Debug, usings: _previous is null ? Imports.Concat(StaticImports) : [], allowUnsafe: true, nullableContextOptions: NullableContextOptions.Annotations);
        var references = _previous is null ? CellAssemblies.Host.Value.Concat(added) : added;
        return CSharpCompilation.CreateScriptCompilation($"cell-{_assemblies.Id}-{_submissions}", tree, references, options, _previous, typeof(object));
    }

    private static EmitResult Emit(CSharpCompilation compilation, MemoryStream code, MemoryStream symbols, CancellationToken cancellation) =>
        compilation.Emit(code, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb), cancellationToken: cancellation);

    private Func<object?[], Task<object>>? Load(CSharpCompilation compilation, string name, bool stays, CancellationToken cancellation)
    {
        using var code = new MemoryStream();
        using var symbols = new MemoryStream();
        var emitted = Emit(compilation, code, symbols, cancellation);
        if (!emitted.Success)
        {
            throw new CellCompilationException(CellErrors.Of(emitted.Diagnostics, name));
        }

        if (compilation.GetEntryPoint(cancellation) is not { } entry)
        {
            return null;
        }

        var assembly = _assemblies.Load(code, symbols, stays);
        var method = assembly.GetType(entry.ContainingType.MetadataName, throwOnError: true)!.GetMethod(entry.MetadataName, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!;
        return method.CreateDelegate<Func<object?[], Task<object>>>();
    }
}

/// <summary>A cell that does not compile.</summary>
internal sealed class CellCompilationException(CellError error) : Exception(error.Message)
{
    internal CellError Error { get; } = error;
}
