using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using Shapes.Training.Evaluation;

namespace Shapes.Training.Tests;

/// <summary>What the committed checkpoint draws, judged by the committed scorer among all classes of the same attribute.</summary>
public sealed class SampleModelQualityTests
{
    private const int PicturesPerClass = 8;

    [Fact]
    public void The_scorer_recognises_what_the_checkpoint_draws()
    {
        var sample = Path.Combine(RepositoryPaths.Root, "samples", "Shapes");
        using var pipeline = StableDiffusionPipeline.Load(Path.Combine(sample, "model"));
        using var scorer = ClipScorer.Load(Path.Combine(sample, "scorer"));

        ImmutableArray<RecognisedClass> classes = [.. new ClassRecognition(pipeline, scorer, EvaluationReport.Settings).Run(EvaluationPrompts.All, seeds: 2, TestContext.Current.CancellationToken)];

        foreach (var c in classes) TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{c.Class.Attribute} {c.Class.Name}: {c.Hits} of {c.Answers.Length}"));
        Assert.All(classes, c => Assert.True(c.Answers.Length >= PicturesPerClass, c.Class.Name));
        Assert.Equal(["actions", "colours", "facts", "objects", "styles"], classes.Select(c => c.Class.Attribute).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        AssertRecognised("objects", 0.95);
        AssertRecognised("colours", 0.98);
        AssertRecognised("styles", 0.95);
        AssertRecognised("facts", 0.95);
        AssertRecognised("actions", 0.90);

        void AssertRecognised(string attribute, double atLeast)
        {
            RecognisedClass[] group = [.. classes.Where(c => c.Class.Attribute == attribute)];
            var share = (double)group.Sum(c => c.Hits) / group.Sum(c => c.Answers.Length);
            Assert.True(share >= atLeast, string.Create(CultureInfo.InvariantCulture, $"{attribute}: {share:P1} recognised, {atLeast:P0} wanted; {string.Join(", ", group.Select(c => $"{c.Class.Name} {c.Hits} of {c.Answers.Length}"))}"));
        }
    }
}
