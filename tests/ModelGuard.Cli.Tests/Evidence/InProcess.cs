using System.CommandLine;
using ModelGuard.Cli.Commands;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>The commands of evidence in this process, where hundreds of runs take seconds; what a process of its own does is tested apart.</summary>
internal static class InProcess
{
    /// <summary>Runs a command line.</summary>
    /// <param name="now">What the clock says.</param>
    /// <param name="arguments">Command and arguments.</param>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(DateTimeOffset now, params string[] arguments)
    {
        var options = new CommonOptions();
        var root = new RootCommand { options.Json, options.Verbosity, SignCommand.Create(options), VerifyCommand.Create(options, new Clock(now)), AttestCommand.Create(options), KeygenCommand.Create(options) };
        options.Json.Recursive = options.Verbosity.Recursive = true;
        var parse = root.Parse(arguments);
        Assert.Empty(parse.Errors);
        using var output = new StringWriter();
        using var error = new StringWriter();
        parse.InvocationConfiguration.Output = output;
        parse.InvocationConfiguration.Error = error;
        parse.InvocationConfiguration.EnableDefaultExceptionHandler = false;
        var code = await parse.InvokeAsync();
        return (code, output.ToString(), error.ToString());
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
