using System.CommandLine;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Testing;

namespace ModelGuard.Benchmarks.Bench;

/// <summary><c>bench</c> on the command line.</summary>
internal static class BenchCommand
{
    /// <summary>The command.</summary>
    /// <param name="tool">The executable whose starts are measured.</param>
    /// <param name="python">The Python of the reference.</param>
    /// <param name="work">A folder for made-up checkpoints.</param>
    public static Command Create(Option<string> tool, Option<string> python, Option<string> work)
    {
        var only = new Argument<string[]>("COMMAND") { Description = "The benchmarks to run; all but 'audit' when not given.", Arity = ArgumentArity.ZeroOrMore };
        only.AcceptOnlyFromAmong([.. BenchPlan.Commands]);
        var quick = new Option<bool>("--quick") { Description = "Each once, on small models: whether they run, in a minute." };
        var all = new Option<bool>("--all") { Description = "With 'audit', which takes an hour." };
        var output = new Option<string>("--output") { Description = "The file for all tables.", DefaultValueFactory = _ => Path.Combine(RepositoryPaths.Root, "artifacts", "benchmarks", Machine.FileName) };
        var command = new Command("bench", "Runs the benchmarks one after the other and writes all tables, with a description of the machine, into one file.") { only, tool, python, work, quick, all, output };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(quick)) return;
            foreach (var name in (result.GetValue(only) ?? []).Intersect(BenchPlan.NeverQuick, StringComparer.Ordinal)) result.AddError($"'{name}' has no quick form: leave '--quick' out, or '{name}'.");
            if (result.GetValue(all)) result.AddError("'--quick' leaves 'audit' out, and '--all' asks for it: give one of them.");
        });
        command.SetAction((parse, cancellation) =>
        {
            NativeBackend.EnsureLoaded();
            var choices = new BenchChoices(parse.GetRequiredValue(tool), parse.GetRequiredValue(python), parse.GetRequiredValue(work), parse.GetValue(only) ?? []) { IsQuick = parse.GetValue(quick), IsAll = parse.GetValue(all) };
            return BenchRun.RunAsync(choices, parse.GetRequiredValue(output), TimeProvider.System, cancellation);
        });
        return command;
    }
}
