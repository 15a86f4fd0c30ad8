using System.Collections.Immutable;
using System.CommandLine;
using ModelGuard.Attacks;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary><c>edit-quality</c> and <c>edit-attacks</c> on the command line.</summary>
internal static class EditQualityCommand
{
    /// <summary>The attacks.</summary>
    public static Command CreateAttacks()
    {
        var methods = Methods();
        var removals = new Option<string[]>("--remove") { Description = "Classes, each removed by itself.", DefaultValueFactory = _ => ["star", "van gogh"], AllowMultipleArgumentsPerToken = true };
        removals.AcceptOnlyFromAmong([.. ShapeWorld.Classes.Select(c => c.Name)]);
        var attacks = new Option<string[]>("--attack") { Description = "Attacks.", DefaultValueFactory = _ => ["token-search-in-place", "token-search", "concept-vector", "soft-prompt", "closed-form"], AllowMultipleArgumentsPerToken = true };
        attacks.AcceptOnlyFromAmong([.. EmbeddingAttacks.Names]);
        var harden = new Option<int>("--harden") { Description = "'edit.harden' of the hardened edit.", DefaultValueFactory = _ => 3 };
        var prompts = new Option<int>("--prompts") { Description = "Prompts that are attacked, of the eleven of a class.", DefaultValueFactory = _ => 4 };
        var seeds = new Option<int>("--seeds") { Description = "Pictures of each.", DefaultValueFactory = _ => 2 };
        var work = new Option<string>("--work") { Description = "A folder for edited models.", DefaultValueFactory = _ => "artifacts/edit-quality" };
        var command = new Command("edit-attacks", "How often attacks bring a removed class of the sample back, after plain and hardened edits.") { methods, removals, attacks, harden, prompts, seeds, work };
        command.SetAction((parse, cancellation) => Task.Run(
            () =>
            {
                NativeBackend.EnsureLoaded();
                var names = parse.GetRequiredValue(methods);
                return AttackBenchmark.Run([.. QualityMethod.All.Where(m => names.Contains(m.Name, StringComparer.Ordinal))], [.. parse.GetRequiredValue(removals)], [.. parse.GetRequiredValue(attacks)], parse.GetValue(harden), (parse.GetValue(prompts), parse.GetValue(seeds)), parse.GetRequiredValue(work), cancellation);
            },
            cancellation));
        return command;
    }

    /// <summary>What is erased and what is kept.</summary>
    public static Command Create()
    {
        var methods = Methods();
        var removals = new Option<string[]>("--remove") { Description = "Classes to remove, for example \"van gogh\"; all of them when not given.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        removals.AcceptOnlyFromAmong([.. ShapeWorld.Classes.Select(c => c.Name)]);
        var together = new Option<bool>("--together") { Description = "Removes them in one edit, and not each by itself." };
        var many = new Option<bool>("--hundred") { Description = "Removes a hundred combinations, facts with aliases and unknown names in one edit; '--kept' says how many pictures of each are drawn." };
        var seeds = new Option<int>("--seeds") { Description = "Pictures for each of the eleven prompts of a removed class.", DefaultValueFactory = _ => 8 };
        var kept = new Option<int>("--kept") { Description = "Pictures of each preserved class for each edit; they take turns.", DefaultValueFactory = _ => 3 };
        var preserved = new Option<string[]>("--preserve") { Description = "Preserved classes to look at, and nothing else: of the removed class no picture is drawn.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        preserved.AcceptOnlyFromAmong([.. ShapeWorld.Classes.Select(c => c.Name)]);
        var contexts = new Option<int?>("--contexts") { Description = "Another 'edit.contexts' for all rows." };
        var covariance = new Option<double?>("--covariance") { Description = "Another 'edit.covarianceWeight' for all rows." };
        var layers = new Option<int[]>("--layers") { Description = "Another 'edit.layers' for all rows.", AllowMultipleArgumentsPerToken = true };
        var work = new Option<string>("--work") { Description = "A folder for edited models and the scores of pictures; a run that was stopped goes on from there.", DefaultValueFactory = _ => "artifacts/edit-quality" };
        var command = new Command("edit-quality", "What edits of the sample erase and what they keep, judged by its scorer.") { methods, removals, together, many, seeds, kept, preserved, contexts, covariance, layers, work };
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
                return EditQualityBenchmark.Run(rows, [.. parse.GetRequiredValue(removals)], parse.GetValue(together), parse.GetValue(many), parse.GetValue(seeds), parse.GetValue(kept), [.. parse.GetRequiredValue(preserved)], parse.GetRequiredValue(work), cancellation);
            },
            cancellation));
        return command;
    }

    private static Option<string[]> Methods()
    {
        var methods = new Option<string[]>("--method") { Description = "Rows of the table: " + string.Join(", ", QualityMethod.All.Select(m => m.Name)) + ".", DefaultValueFactory = _ => [QualityMethod.All[0].Name], AllowMultipleArgumentsPerToken = true };
        methods.AcceptOnlyFromAmong([.. QualityMethod.All.Select(m => m.Name)]);
        return methods;
    }
}
