using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelGuard.MSBuild;

/// <summary>
/// Runs the <c>modelguard</c> tool in a process of its own (LibTorch must never be loaded into MSBuild) and turns its diagnostics into build
/// errors with file, line and column.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class ModelGuardTool : ToolTask
{
    private static readonly string[] GateFindings = ["MG1201", "MG1202"];
    private readonly ToolTermination termination = new();
    private GateRule gate;
    private bool hasGateFindings;

    /// <summary>The command: <c>edit</c> or <c>verify</c>.</summary>
    [Required]
    public string Command { get; set; } = "";

    /// <summary>Full path of the policy.</summary>
    [Required]
    public string Policy { get; set; } = "";

    /// <summary>Full path of the project's folder, in which the tool runs.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Full path of the tool: an executable, or a .dll that is run by the .NET host.</summary>
    public string Tool { get; set; } = "";

    /// <summary>Full path of a manifest of local tools that lists the tool; then <see cref="Tool"/> is empty.</summary>
    public string Manifest { get; set; } = "";

    /// <summary>The .NET host for a .dll; <c>dotnet</c> when empty.</summary>
    public string DotNetHost { get; set; } = "";

    /// <summary>Full path of the edited checkpoint; the policy's own when empty.</summary>
    public string Output { get; set; } = "";

    /// <summary>Full path that the audit's report goes to; none when empty.</summary>
    public string Report { get; set; } = "";

    /// <summary>Full path of the file in which an edit notes base, scorer and edited folder once it is done; none when empty.</summary>
    public string Stamp { get; set; } = "";

    /// <summary>What a gate that did not pass is: <c>error</c> (also when empty), <c>warn</c> or <c>off</c>.</summary>
    public string Gate { get; set; } = "";

    /// <summary>Whether the tool ended well: edited, or all gates passed or were waived.</summary>
    [Output]
    public bool Passed { get; set; }

    /// <inheritdoc />
    protected override string ToolName => Manifest.Length > 0 ? ModelGuardFindTool.CommandName : Path.GetFileName(Tool);

    /// <inheritdoc />
    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    /// <inheritdoc />
    protected override Encoding StandardErrorEncoding => Encoding.UTF8;

    private bool IsManaged => string.Equals(Path.GetExtension(Tool), ".dll", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    public override bool Execute()
    {
        Passed = base.Execute() && ExitCode == 0;
        return !Log.HasLoggedErrors;
    }

    /// <summary>Asks the tool to stop, so that it removes what it has begun, before MSBuild ends it.</summary>
    public override void Cancel()
    {
        termination.Request();
        base.Cancel();
    }

    /// <inheritdoc />
    protected override string? GetWorkingDirectory() => Folder.Length > 0 ? Folder : null;

    /// <inheritdoc />
    protected override string GenerateFullPathToTool() => IsManaged || Manifest.Length > 0 ? (DotNetHost.Length > 0 ? DotNetHost : "dotnet") : Tool;

    /// <inheritdoc />
    protected override string GenerateCommandLineCommands()
    {
        var line = new CommandLineBuilder();
        if (Manifest.Length > 0)
        {
            line.AppendSwitch("tool run " + ModelGuardFindTool.CommandName + " --");
        }
        else if (IsManaged)
        {
            line.AppendSwitch("exec");
            line.AppendFileNameIfNotNull(Tool);
        }

        line.AppendSwitch(Command);
        line.AppendFileNameIfNotNull(Policy);
        if (Output.Length > 0) line.AppendSwitchIfNotNull("--output ", Output);
        if (Report.Length > 0) line.AppendSwitchIfNotNull("--report ", Report);
        if (Stamp.Length > 0) line.AppendSwitchIfNotNull("--stamp ", Stamp);
        return line.ToString();
    }

    /// <inheritdoc />
    protected override bool ValidateParameters()
    {
        if (!Enum.TryParse(Gate.Length == 0 ? nameof(GateRule.Error) : Gate, ignoreCase: true, out gate) || !Enum.IsDefined(typeof(GateRule), gate))
        {
            Log.LogError(subcategory: null, "MG0022", helpKeyword: null, file: null, 0, 0, 0, 0, "{0}", $"'{Gate}' is no value of the property ModelGuardGate or of the metadata Gate. Write error, warn or off.");
            return false;
        }

        if (Manifest.Length > 0 || File.Exists(Tool)) return true;
        var found = Tool.Length == 0
            ? "There is no modelguard tool: the property ModelGuardToolPath is empty, no manifest of local tools lists it, and it is not on the PATH. Install it with 'dotnet tool install ModelGuard.Tool', or set the property ModelGuardToolPath to where it is."
            : $"The modelguard tool '{Tool}' does not exist. Set the property ModelGuardToolPath to where it is, or leave it empty and install the tool with 'dotnet tool install ModelGuard.Tool'.";
        Log.LogError(subcategory: null, "MG0020", helpKeyword: null, file: null, 0, 0, 0, 0, "{0}", found);
        return false;
    }

    /// <inheritdoc />
    protected override Process StartToolProcess(Process proc) => termination.Started(base.StartToolProcess(proc));

    /// <summary>
    /// Only the tool's own diagnostics become errors: MSBuild's parser would fail the build for innocent lines such as
    /// "reconstruction error: 0.012".
    /// </summary>
    [SuppressMessage("Design", "CA1062:Validate arguments of public methods", Justification = "MSBuild never passes null.")]
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        var diagnostic = ToolDiagnostic.Parse(singleLine);
        var isGate = diagnostic is not null && GateFindings.Contains(diagnostic.Code, StringComparer.Ordinal);
        hasGateFindings |= isGate;
        if (diagnostic is not { } d || (isGate && gate == GateRule.Off)) Log.LogMessage(MessageImportance.High, "{0}", singleLine);
        else if (d.IsError && !(isGate && gate == GateRule.Warn)) Log.LogError(subcategory: null, d.Code, helpKeyword: null, d.File, d.Line, d.Column, 0, 0, "{0}", d.Message);
        else Log.LogWarning(subcategory: null, d.Code, helpKeyword: null, d.File, d.Line, d.Column, 0, 0, "{0}", d.Message);
    }

    /// <inheritdoc />
    protected override bool HandleTaskExecutionErrors()
    {
        if (Log.HasLoggedErrors || termination.IsRequested) return false;
        if (hasGateFindings && gate != GateRule.Error) return true;
        var hint = Manifest.Length > 0 ? $" If the tools of '{Manifest}' were never restored here, run 'dotnet tool restore'." : "";
        Log.LogError(subcategory: null, "MG0021", helpKeyword: null, file: null, 0, 0, 0, 0, "{0}", string.Format(CultureInfo.InvariantCulture, "modelguard {0} ended with exit code {1} and no diagnostic.{2} Run it in a terminal to see more: {3} {4}", Command, ExitCode, hint, GenerateFullPathToTool(), GenerateCommandLineCommands()));
        return false;
    }
}
