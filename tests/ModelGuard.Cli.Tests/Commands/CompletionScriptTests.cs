using System.ComponentModel;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>The scripts of <c>completion</c> in the shells that they are for. Where a shell is not installed, its tests are skipped and say so.</summary>
public sealed class CompletionScriptTests
{
    // Fish and PowerShell say what they would offer.
    private const string Fish = "modelguard completion fish | source; complete -C \"$LINE\"";
    private const string PowerShell = "modelguard completion pwsh | Out-String | Invoke-Expression; (TabExpansion2 -inputScript $env:LINE -cursorColumn $env:LINE.Length).CompletionMatches.CompletionText";

    // Zsh completes only where somebody types: a terminal in which the line is typed, with as many tabs as it is told, and what then stands there is noted.
    private const string Zsh = """
        zmodload zsh/zpty
        export TERM=vt100
        zpty shell zsh -fi
        zpty -w shell 'autoload -Uz compinit && compinit -u -D; source <(modelguard completion zsh)'
        zpty -w shell 'answer() { print -r -- "$BUFFER" > answer.txt; exit }; zle -N answer; bindkey "^X^P" answer; print REA""DY'
        zpty -r shell seen '*READY*'
        zpty -w -n shell "$LINE$TABS"$'\C-X\C-P'
        while zpty -r shell seen; do :; done
        print -r -- "$(<answer.txt)"
        """;

    [Theory]
    [InlineData("modelguard con", "convert")]
    [InlineData("modelguard sign model --priv", "--private-key")]
    [InlineData("modelguard keygen --curve p", "p256,p384,p521")]
    [InlineData("modelguard edit policy.yaml --no-such", "")]
    [InlineData("modelguard report 'a b.json' --format sa", "sarif")]
    [InlineData("cd ..; modelguard sign model --priv", "--private-key")]
    public async Task Fish_completes_what_may_stand_next(string line, string expected) =>
        Assert.Equal(expected, Offered(await RunAsync("fish", ["--no-config", "-c", Fish], line)));

    [Theory]
    [InlineData("modelguard con", "convert")]
    [InlineData("modelguard sign model --priv", "--private-key")]
    [InlineData("modelguard keygen --curve p", "p256,p384,p521")]
    [InlineData("modelguard edit policy.yaml --no-such", "")]
    [InlineData("modelguard report 'a b.json' --format sa", "sarif")]
    [InlineData("Get-Date; modelguard sign model --priv", "--private-key")]
    public async Task Powershell_completes_what_may_stand_next(string line, string expected) =>
        Assert.Equal(expected, Offered(await RunAsync("pwsh", ["-NoProfile", "-NonInteractive", "-Command", PowerShell], line)));

    [Theory]
    [InlineData("modelguard con", 1, "modelguard convert ")]
    [InlineData("modelguard sign model --priv", 1, "modelguard sign model --private-key ")]
    // The first shows all three, the others put one after the other in place.
    [InlineData("modelguard keygen --curve p", 4, "modelguard keygen --curve p521")]
    [InlineData("modelguard edit policy.yaml --no-such", 1, "modelguard edit policy.yaml --no-such")]
    [InlineData("modelguard report 'a b.json' --format sa", 1, "modelguard report 'a b.json' --format sarif ")]
    [InlineData("cd ..; modelguard sign model --priv", 1, "cd ..; modelguard sign model --private-key ")]
    public async Task Zsh_completes_what_may_stand_next(string line, int tabs, string expected) =>
        Assert.Equal(expected, (await RunAsync("zsh", ["-f", "-c", Zsh], line, new string('\t', tabs))).TrimEnd('\n'));

    private static string Offered(string output) => string.Join(',', output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries));

    // In an empty folder, so that no file is offered, with the tool under its name and nothing of the user's own.
    private static async Task<string> RunAsync(string shell, string[] arguments, string line, string tabs = "")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A link stands for the installed tool.");
        using var bin = new TemporaryFolder();
        using var home = new TemporaryFolder();
        File.CreateSymbolicLink(bin["modelguard"], Tool.Executable);
        try
        {
            var finished = await ChildProcess.RunAsync(shell, arguments, home.Path, Tool.OneThread, ("PATH", bin.Path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH")), ("HOME", home.Path), ("XDG_CONFIG_HOME", null), ("XDG_DATA_HOME", null), ("LINE", line), ("TABS", tabs), ("POWERSHELL_TELEMETRY_OPTOUT", "1"), ("POWERSHELL_UPDATECHECK", "Off"));
            Assert.True(finished.ExitCode == 0, finished.All);
            return finished.Output;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"There is no '{shell}' on the PATH.");
            throw;
        }
    }
}
