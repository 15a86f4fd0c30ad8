using System.Collections.Immutable;
using System.CommandLine;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary><c>edit-quality</c> on the command line.</summary>
internal static class EditQualityCommand
{
    public static Command Create()
    {
        var methods = new Option<string[]>("--method") { Description = "Rows of the table: " + string.Join(", ", QualityMethod.All.Select(m => m.Name)) + ".", DefaultValueFactory = _ => [QualityMethod.All[0].Name], AllowMultipleArgumentsPerToken = true };
        methods.AcceptOnlyFromAmong([.. QualityMethod.All.Select(m => m.Name)]);
        var removals = new Option<string[]>("--remove") { Description = "Classes to remove, for example \"van gogh\"; all of them when not given.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        removals.AcceptOnlyFromAmong([.. ShapeWorld.Classes.Select(c => c.Name)]);
        var together = new Option<bool>("--together") { Description = "Removes them in one edit, and not each by itself." };
        var seeds = new Option<int>("--seeds") { Description = "Pictures for each of the eleven prompts of a removed class.", DefaultValueFactory = _ => 8 };
        var kept = new Option<int>("--kept") { Description = "Pictures of each preserved class for each edit; they take turns.", DefaultValueFactory = _ => 3 };
        var contexts = new Option<int?>("--contexts") { Description = "Another 'edit.contexts' for all rows." };
        var covariance = new Option<double?>("--covariance") { Description = "Another 'edit.covarianceWeight' for all rows." };
        var layers = new Option<int[]>("--layers") { Description = "Another 'edit.layers' for all rows.", AllowMultipleArgumentsPerToken = true };
        var work = new Option<string>("--work") { Description = "A folder for edited models and the scores of pictures; a run that was stopped goes on from there.", DefaultValueFactory = _ => "artifacts/edit-quality" };
        var command = new Command("edit-quality", "What edits of the sample erase and what they keep, judged by its scorer.") { methods, removals, together, seeds, kept, contexts, covariance, layers, work };
        command.SetAction((parse, cancellation) => Task.Run(
            () =>
            {
                NativeBackend.EnsureLoaded();
                var names = parse.GetRequiredValue(methods);
                ImmutableArray<QualityMethod> rows = [.. QualityMethod.All.Where(m => names.Contains(m.Name, StringComparer.Ordinal)).Select(m => m with
                {
                    Settings = m.Settings with
                    {
                        Contexts = parse.GetValue(contexts) ?? m.Settings.Contexts,
                        CovarianceWeight = parse.GetValue(covariance) ?? m.Settings.CovarianceWeight,
                        Layers = parse.GetValue(layers) is { Length: > 0 } chosen ? [.. chosen] : m.Settings.Layers,
                    },
                })];
                return EditQualityBenchmark.Run(rows, [.. parse.GetRequiredValue(removals)], parse.GetValue(together), parse.GetValue(seeds), parse.GetValue(kept), parse.GetRequiredValue(work), cancellation);
            },
            cancellation));
        return command;
    }
}
