using System.Collections.Immutable;
using ModelGuard.Diffusion.Images;
using ModelGuard.Rendering;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.Reading;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Rendering;

/// <summary>Makes an audit's pictures as small as a page needs them: all of them as large as fits.</summary>
internal static class PictureEmbedding
{
    private const int LongestIndex = 32 << 20;
    private const int LongestPicture = 64 << 20;
    private const int Samples = 64;

    // What a picture takes in the page besides its bytes: seed, keys, type, and its share of prompts.
    private const int BytesAround = 80;

    private static readonly (int Edge, int Quality)[] Steps = [(512, 88), (384, 82), (256, 80), (192, 78), (128, 72), (96, 64), (64, 55), (48, 45), (32, 35)];

    /// <summary>The pictures of a folder, each checked against the digest that the report vouches for.</summary>
    /// <param name="folder">The folder that <c>audit --pictures</c> wrote.</param>
    /// <param name="report">The report that names them.</param>
    /// <param name="room">How many bytes they may take in the page.</param>
    /// <exception cref="ReportException">MG1405: other pictures than those of the report; MG1406: more than fit.</exception>
    public static ImmutableArray<EmbeddedPicture> Fit(string folder, ReportView report, long room)
    {
        var path = Path.Combine(folder, PictureIndex.FileName);
        var index = PictureIndexView.Read(ReportInput.ReadFile(path, LongestIndex), report, path);
        if (index.Pictures.IsEmpty) return [];
        var step = FirstThatFits(folder, index.Pictures, room);
        // What an edit leaves alone is the same picture twice.
        var encoded = index.Pictures.DistinctBy(p => p.Digest, StringComparer.Ordinal).AsParallel().Select(p => (p.Digest, Bytes: Encode(Load(folder, p), Steps[step]))).ToDictionary(p => p.Digest, p => p.Bytes, StringComparer.Ordinal);
        return [.. index.Pictures.Select(p => new EmbeddedPicture(p.Concept, p.Prompt, p.Seed, p.Model == ModelWord.Base, PictureFormat.Webp, encoded[p.Digest]))];
    }

    // A sample spread over all of them, with a tenth to spare, tells what all take.
    private static int FirstThatFits(string folder, ImmutableArray<PictureView> pictures, long room)
    {
        var count = Math.Min(Samples, pictures.Length);
        RgbImage[] sample = [.. Enumerable.Range(0, count).Select(i => Load(folder, pictures[(int)((long)i * pictures.Length / count)]))];
        for (var step = 0; step < Steps.Length; step++)
        {
            var mean = sample.Average(image => (Encode(image, Steps[step]).Length * 4 / 3.0) + BytesAround);
            if (mean * 1.1 * pictures.Length <= room) return step;
        }

        throw new ReportException("MG1406", FormattableString.Invariant($"{pictures.Length} pictures do not fit in a page of {HtmlReport.LongestPage / 1_000_000} MB, however small. Audit fewer concepts or seeds at once, or leave '--pictures' out."));
    }

    private static RgbImage Load(string folder, PictureView picture)
    {
        var path = Path.Combine(folder, picture.File);
        if (PictureIndexView.DigestOf(ReportInput.ReadFile(path, LongestPicture)) != picture.Digest) throw new ReportException("MG1405", $"'{path}' is not the picture that the report vouches for. Take the pictures of the same audit.");
        return RgbImage.Load(path);
    }

    private static byte[] Encode(RgbImage image, (int Edge, int Quality) step)
    {
        var longer = Math.Max(image.Width, image.Height);
        if (longer > step.Edge) image = PillowResize.Bicubic(image, Math.Max(1, image.Width * step.Edge / longer), Math.Max(1, image.Height * step.Edge / longer));
        return image.ToWebp(step.Quality);
    }
}
