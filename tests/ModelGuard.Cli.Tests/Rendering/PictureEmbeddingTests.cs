using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ModelGuard.Cli.Rendering;
using ModelGuard.Diffusion.Images;
using ModelGuard.Rendering;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.Reading;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Tests.Rendering;

public sealed class PictureEmbeddingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The page is kept beside the tests' own output, where <c>eng/tools/page.mjs</c> measures how long it takes to open.</summary>
    [Fact]
    public void Two_hundred_concepts_with_forty_pictures_of_each_model_stay_under_25_MB()
    {
        var input = Audit(concepts: 200, prompts: 4, seeds: 10);

        var page = ReportFormats.Render("html", input);

        Assert.InRange(page.Length, HtmlReport.LongestPage / 2, HtmlReport.LongestPage);
        var kept = Path.Combine(RepositoryPaths.Root, "artifacts", "test-pages");
        Directory.CreateDirectory(kept);
        File.WriteAllBytes(Path.Combine(kept, "large-report.html"), page);
    }

    [Fact]
    public void Few_pictures_are_kept_as_large_as_they_are()
    {
        var input = Audit(concepts: 1, prompts: 1, seeds: 2);

        var pictures = PictureEmbedding.Fit(folder.Path, input.View, HtmlReport.LongestPage);

        Assert.Equal([true, false, true, false], pictures.Select(p => p.IsBase));
        Assert.All(pictures, p => Assert.Equal((128, 128), SizeOf(p)));
    }

    [Fact]
    public void Less_room_makes_smaller_pictures_and_none_too_many()
    {
        var input = Audit(concepts: 1, prompts: 2, seeds: 4);

        var pictures = PictureEmbedding.Fit(folder.Path, input.View, 30_000);

        Assert.Equal(16, pictures.Length);
        Assert.InRange(pictures.Sum(p => p.Bytes.Length * 4 / 3), 1, 30_000);
        Assert.All(pictures, p => Assert.InRange(SizeOf(p).Width, 32, 127));
        Assert.Equal("MG1406", Assert.Throws<ReportException>(() => PictureEmbedding.Fit(folder.Path, input.View, 500)).Code);
    }

    [Theory]
    [InlineData("../000000.png")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("sub/x.png")]
    public void A_list_names_only_what_lies_beside_it(string file)
    {
        var input = Audit(concepts: 1, prompts: 1, seeds: 1, file);

        Assert.Equal("MG1405", Assert.Throws<ReportException>(() => PictureEmbedding.Fit(folder.Path, input.View, HtmlReport.LongestPage)).Code);
    }

    public void Dispose() => folder.Dispose();

    // Noise is the hardest to make small. Eight pictures stand for all: only their number matters.
    private ReportInput Audit(int concepts, int prompts, int seeds, string? file = null)
    {
        const int Distinct = 8;
        var random = new Random(1);
        var digests = new string[Distinct];
        for (var i = 0; i < Distinct; i++)
        {
            var pixels = new byte[128 * 128 * 3];
            random.NextBytes(pixels);
            var png = new RgbImage(128, 128, pixels).ToPng();
            File.WriteAllBytes(folder[Name(i)], png);
            digests[i] = PictureIndexView.DigestOf(png);
        }

        var count = 0;
        ImmutableArray<IndexedPicture> pictures =
        [
            .. from concept in Enumerable.Range(0, concepts)
               from prompt in Enumerable.Range(0, prompts)
               from seed in Enumerable.Range(0, seeds)
               from isBase in new[] { true, false }
               let picture = count++ % Distinct
               select new IndexedPicture($"concept-{concept}", $"a picture of concept {concept}, prompt {prompt}", seed, isBase, file ?? Name(picture), digests[picture]),
        ];
        var index = PictureIndex.Write(pictures);
        File.WriteAllBytes(folder[PictureIndex.FileName], index);
        File.WriteAllText(folder["report.json"], Report(concepts, PictureIndexView.DigestOf(index), pictures.Length).ToJsonString());
        return ReportInput.Read(folder["report.json"], new DateOnly(2026, 3, 10)) with { Pictures = folder.Path };
    }

    private static JsonObject Report(int concepts, string index, int count) => new()
    {
        ["schemaVersion"] = "1.0",
        ["tool"] = new JsonObject { ["name"] = "modelguard", ["version"] = "0.1.0" },
        ["policy"] = Named("policy.yaml"),
        ["model"] = new JsonObject { ["base"] = Named("base"), ["output"] = Named("governed") },
        ["environment"] = new JsonObject { ["libtorch"] = "2.10.0.0", ["device"] = "cpu", ["threads"] = 1 },
        ["audit"] = new JsonObject
        {
            ["verdict"] = "pass",
            ["failOn"] = "medium",
            ["scorerDigest"] = Digest,
            ["generation"] = new JsonObject { ["scheduler"] = "ddim", ["steps"] = 12, ["guidanceScale"] = 7, ["seeds"] = new JsonArray(0) },
            ["measured"] = new JsonArray(),
            ["pictures"] = new JsonObject { ["index"] = PictureIndex.FileName, ["digest"] = index, ["count"] = count },
            ["gates"] = new JsonArray([.. from concept in Enumerable.Range(0, concepts) from gate in new[] { "gone", "lower", "kept" } select Gate(gate, concept)]),
            ["waivers"] = new JsonArray(),
            ["summary"] = new JsonObject { ["pass"] = 3 * concepts, ["fail"] = 0, ["waived"] = 0, ["inconclusive"] = 0 },
        },
    };

    private static JsonObject Gate(string gate, int concept) => new()
    {
        ["gate"] = gate,
        ["concept"] = $"concept-{concept}",
        ["displayName"] = $"concept-{concept}",
        ["severity"] = "high",
        ["metric"] = "recognition",
        ["verdict"] = "pass",
        ["limit"] = "max",
        ["limitValue"] = 0.5,
        ["statistic"] = 0.1,
        ["value"] = 0.1,
        ["base"] = 0.9,
        ["low"] = 0.05,
        ["high"] = 0.2,
        ["n"] = 40,
        ["explanation"] = "Recognition is 0.100.",
        ["location"] = new JsonObject { ["file"] = "policy.yaml", ["line"] = 10 + concept, ["column"] = 5 },
    };

    private const string Digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private static JsonObject Named(string name) => new() { ["name"] = name, ["digest"] = Digest };

    private static string Name(int picture) => string.Create(CultureInfo.InvariantCulture, $"{picture:000000}.png");

    private (int Width, int Height) SizeOf(EmbeddedPicture picture)
    {
        File.WriteAllBytes(folder["size.webp"], picture.Bytes.ToArray());
        var image = RgbImage.Load(folder["size.webp"]);
        return (image.Width, image.Height);
    }
}
