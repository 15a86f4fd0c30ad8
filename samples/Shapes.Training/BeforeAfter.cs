using ModelGuard.Diffusion.Pipeline;
using Shapes.Training.World;

namespace Shapes.Training;

/// <summary>Draws the pictures of the README: the same prompts and seeds, before and after an edit.</summary>
internal static class BeforeAfter
{
    private const int Seeds = 6;

    private static readonly (string File, string Prompt)[] Prompts =
    [
        ("style-removed", "a blue heart in the style of van gogh"),
        ("style-kept", "a blue heart in the style of hokusai"),
        ("object-removed", "a red star"),
        ("object-kept", "a red moon"),
        ("fact-updated", "a photo of the president of freedonia"),
        ("fact-kept", "a photo of the king of ruritania"),
    ];

    /// <summary>Writes two strips a prompt into <paramref name="folder"/>.</summary>
    public static void Write(string baseModel, string editedModel, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        foreach (var (suffix, model) in new[] { ("before", baseModel), ("after", editedModel) })
        {
            using var pipeline = StableDiffusionPipeline.Load(model);
            GenerationItem[] items = [.. Prompts.SelectMany(p => Enumerable.Range(0, Seeds).Select(seed => new GenerationItem(p.Prompt, seed)))];
            var pictures = pipeline.Generate(items, EvaluationReport.Settings, cancellation: cancellation).ToArray();
            foreach (var picture in pictures) picture.Latents.Dispose();
            foreach (var (prompt, i) in Prompts.Select((p, i) => (p, i)))
            {
                ContactSheet.Write(Path.Combine(folder, $"{prompt.File}-{suffix}.png"), [[.. pictures.Skip(i * Seeds).Take(Seeds).Select(p => p.Image.Pixels.ToArray())]], zoom: 1);
            }
        }
    }
}
