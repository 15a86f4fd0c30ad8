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
public sealed class ModelGuardTool : ToolTask
{
    /// <summary>The command: <c>edit</c> or <c>verify</c>.</summary>
    [Required]
    public string Command { get; set; } = "";

    /// <summary>Full path of the policy.</summary>
    [Required]
    public string Policy { get; set; } = "";

    /// <summary>Full path of the tool: an executable, or a .dll that is run by the .NET host.</summary>
    public string Tool { get; set; } = "";

    /// <summary>The .NET host for a .dll; <c>dotnet</c> when empty.</summary>
    public string DotNetHost { get; set; } = "";

    /// <summary>Full path of the edited checkpoint; the policy's own when empty.</summary>
    public string Output { get; set; } = "";

    /// <summary>Full path that the audit's report goes to; none when empty.</summary>
    public string Report { get; set; } = "";

    /// <summary>Full path of the file in which an edit notes base, scorer and edited folder once it is done; none when empty.</summary>
    public string Stamp { get; set; } = "";

    /// <inheritdoc />
    protected override string ToolName => Path.GetFileName(Tool);

    /// <inheritdoc />
    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    /// <inheritdoc />
    protected override Encoding StandardErrorEncoding => Encoding.UTF8;

    private bool IsManaged => string.Equals(Path.GetExtension(Tool), ".dll", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    protected override string GenerateFullPathToTool() => IsManaged ? (DotNetHost.Length > 0 ? DotNetHost : "dotnet") : Tool;

    /// <inheritdoc />
    protected override string GenerateCommandLineCommands()
    {
        var line = new CommandLineBuilder();
        if (IsManaged)
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
        if (File.Exists(Tool)) return true;
        var found = Tool.Length == 0 ? "The property ModelGuardToolPath is empty, so there is no modelguard tool to run." : $"The modelguard tool '{Tool}' does not exist.";
        Log.LogError(subcategory: null, "MG0020", helpKeyword: null, file: null, 0, 0, 0, 0, "{0}", found + " Build it, or set the property ModelGuardToolPath to where it is.");
        return false;
    }

    /// <summary>
    /// Only the tool's own diagnostics become errors: MSBuild's parser would fail the build for innocent lines such as
    /// "reconstruction error: 0.012".
    /// </summary>
    [SuppressMessage("Design", "CA1062:Validate arguments of public methods", Justification = "MSBuild never passes null.")]
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        if (ToolDiagnostic.Parse(singleLine) is not { } d) Log.LogMessage(MessageImportance.High, "{0}", singleLine);
        else if (d.IsError) Log.LogError(subcategory: null, d.Code, helpKeyword: null, d.File, d.Line, d.Column, 0, 0, "{0}", d.Message);
        else Log.LogWarning(subcategory: null, d.Code, helpKeyword: null, d.File, d.Line, d.Column, 0, 0, "{0}", d.Message);
    }

    /// <inheritdoc />
    protected override bool HandleTaskExecutionErrors()
    {
        if (Log.HasLoggedErrors) return false;
        Log.LogError(subcategory: null, "MG0021", helpKeyword: null, file: null, 0, 0, 0, 0, "{0}", string.Format(CultureInfo.InvariantCulture, "modelguard {0} ended with exit code {1} and no diagnostic. Run it in a terminal to see more: {2} {3}", Command, ExitCode, GenerateFullPathToTool(), GenerateCommandLineCommands()));
        return false;
    }
}
