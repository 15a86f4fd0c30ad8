using System.Text;
using ModelGuard.Diffusion.Images;
using ModelGuard.Reports.HeatMaps;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Reports;

public sealed class HeatMapTests
{
    private static readonly PromptTrace Star = new()
    {
        Prompt = "a <star>",
        Subject = "<star>",
        Rows = [new TokenRow("a", TokenRole.Before, [1]), new TokenRow("<star>", TokenRole.LastSubject, [2]), new TokenRow("\u0001", TokenRole.End, [3])],
        High = [1, 1],
        Low = [0, 0.5],
        Cells =
        [
            .. from kind in new[] { SiteKind.Block, SiteKind.SelfAttention }
               from layer in new[] { 0, 1 }
               from row in new[] { 0, 1, 2 }
               select new TraceCell(TraceSite.OfText(kind, layer, 1), row, row == 0 ? [0, 0.5] : [1 - (0.25 * layer) - (row * 0.2), 1 - (layer * 0.4)]),
        ],
    };

    [Fact]
    public void An_svg_file_looks_like_this() => Snapshot.Verify(Encoding.UTF8.GetString(HeatMapDrawing.ToSvg(Map(Star))).ReplaceLineEndings("\n"));

    [Fact]
    public void A_png_file_is_a_picture_of_the_same_proportions_with_dark_cells_where_the_effect_is()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["map.png"], HeatMapDrawing.ToPng(Map(Star)));

        var picture = RgbImage.Load(folder["map.png"]);

        Assert.Contains($"width=\"{picture.Width / 2}\" height=\"{picture.Height / 2}\"", Encoding.UTF8.GetString(HeatMapDrawing.ToSvg(Map(Star))), StringComparison.Ordinal);
        var darkest = Enumerable.Range(0, picture.Width * picture.Height).Min(i => picture.Pixels[i * 3] + picture.Pixels[(i * 3) + 1] + picture.Pixels[(i * 3) + 2]);
        Assert.True(darkest < 200, "Nothing is dark.");
        Assert.Equal(HeatMapDrawing.ToPng(Map(Star)), HeatMapDrawing.ToPng(Map(Star)));
    }

    [Fact]
    public void Several_prompts_are_averaged_by_role_and_screened_ones_are_left_out()
    {
        var other = Star with { Cells = [.. Star.Cells.Select(c => c with { Restored = Star.Low })] };
        var map = TraceHeatMap.Of("star", Trace(Star, other, Star with { ScreenedOut = "It shows nothing." }));

        Assert.Contains("2 of 3 prompt(s)", map.Subtitle, StringComparison.Ordinal);
        Assert.Equal("before the subject, last subject token, end token", string.Join(", ", map.Panels[0].Rows.Select(r => r.Label)));
        Assert.Equal(Star.Share(Star.Cells.First(c => c.Row == 1)) / 2, map.Panels[0].Values[1][0], 1e-12);
    }

    private static HeatMap Map(PromptTrace trace) => TraceHeatMap.Of("star", Trace(trace));

    private static ComponentTrace Trace(params PromptTrace[] prompts) => new(
        "text_encoder", "states", "hidden-state", [.. prompts], System.Collections.Immutable.ImmutableDictionary<string, System.Collections.Immutable.ImmutableArray<PromptTrace>>.Empty, Localisation.Of(prompts, new TraceSettings(), SiteKind.SelfAttention), null);
}
