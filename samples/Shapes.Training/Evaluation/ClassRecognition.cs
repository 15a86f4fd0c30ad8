using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;

namespace Shapes.Training.Evaluation;

/// <summary>How often the pictures of a class were recognised.</summary>
/// <param name="Class">The class.</param>
/// <param name="Pictures">The pictures, prompts first, then seeds.</param>
/// <param name="Answers">What the scorer took each of them for: a class of the same attribute.</param>
internal sealed record RecognisedClass(EvaluatedClass Class, ImmutableArray<RgbImage> Pictures, ImmutableArray<string> Answers)
{
    public int Hits => Answers.Count(a => string.Equals(a, Class.Name, StringComparison.Ordinal));
}

/// <summary>Generates pictures of every class and lets a scorer choose among all classes of the same attribute (zero-shot classification, Radford et al., 2021).</summary>
internal sealed class ClassRecognition(StableDiffusionPipeline pipeline, ClipScorer scorer, GenerationSettings settings)
{
    public IEnumerable<RecognisedClass> Run(IReadOnlyList<EvaluatedClass> classes, int seeds, CancellationToken cancellation)
    {
        foreach (var asked in classes)
        {
            EvaluatedClass[] choices = [.. classes.Where(c => c.Attribute == asked.Attribute)];
            GenerationItem[] items = [.. asked.Prompts.SelectMany(p => Enumerable.Range(0, seeds).Select(s => new GenerationItem(p, s)))];
            var pictures = ImmutableArray.CreateBuilder<RgbImage>(items.Length);
            foreach (var picture in pipeline.Generate(items, settings, cancellation: cancellation))
            {
                picture.Latents.Dispose();
                pictures.Add(picture.Image);
            }

            var cosines = scorer.Cosines(pictures, [.. choices.Select(c => c.Text)]);
            yield return new RecognisedClass(asked, pictures.ToImmutable(), [.. Enumerable.Range(0, items.Length).Select(row => choices[Largest(cosines, row)].Name)]);
        }
    }

    private static int Largest(double[,] cosines, int row) => Enumerable.Range(0, cosines.GetLength(1)).MaxBy(column => cosines[row, column]);
}
