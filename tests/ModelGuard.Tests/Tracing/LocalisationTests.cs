using System.Collections.Immutable;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Tracing;

public sealed class LocalisationTests
{
    private static readonly TraceSettings Settings = new();

    [Fact]
    public void A_site_that_stands_out_is_localised()
    {
        var found = Of(Trace(("layer 0", SiteKind.SelfAttention, 0, 0.7), ("layer 1", SiteKind.SelfAttention, 1, 0.2)));

        Assert.True(found.IsLocalised);
        Assert.Equal((0, 0.7, 0.2), (found.Best!.Site.First, Math.Round(found.Best.Share, 3), Math.Round(found.Next!.Share, 3)));
        Assert.Equal(0.5, found.Lead, 0.01);
        Assert.True(found.LeadInterval!.Low > 0.4);
    }

    [Fact]
    public void Two_layers_that_do_the_same_are_not_localised()
    {
        var found = Of(Trace(("layer 0", SiteKind.SelfAttention, 0, 0.7), ("layer 1", SiteKind.SelfAttention, 1, 0.7)));

        Assert.False(found.IsLocalised);
        Assert.Contains("not ahead", found.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_that_brings_back_little_is_not_localised()
    {
        var found = Of(Trace(("layer 0", SiteKind.SelfAttention, 0, 0.05), ("layer 1", SiteKind.SelfAttention, 1, 0)));

        Assert.False(found.IsLocalised);
        Assert.Contains("10", found.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_kind_in_the_same_layer_is_no_rival()
    {
        var found = Of(Trace(("attention", SiteKind.SelfAttention, 0, 0.7), ("mlp", SiteKind.Mlp, 0, 0.69), ("layer 1", SiteKind.SelfAttention, 1, 0.1)));

        Assert.True(found.IsLocalised);
        Assert.Equal(1, found.Next!.Site.First);
    }

    [Fact]
    public void Layers_are_told_apart_by_number_blocks_of_a_unet_by_name_and_windows_by_what_they_share()
    {
        TraceSite Unet(SiteKind kind, string block, int number, int count = 1) => new(kind, $"up_blocks.1.attentions.{block}.transformer_blocks.0.{(kind == SiteKind.SelfAttention ? "attn1" : "attn2")}", number, count);

        Assert.True(TraceSite.OfText(SiteKind.SelfAttention, 3, 1).Shares(TraceSite.OfText(SiteKind.Mlp, 3, 1)));
        Assert.False(TraceSite.OfText(SiteKind.SelfAttention, 3, 1).Shares(TraceSite.OfText(SiteKind.SelfAttention, 4, 1)));
        Assert.True(TraceSite.OfText(SiteKind.Mlp, 3, 2).Shares(TraceSite.OfText(SiteKind.Mlp, 4, 2)));
        Assert.False(TraceSite.OfText(SiteKind.Mlp, 3, 2).Shares(TraceSite.OfText(SiteKind.Mlp, 5, 2)));
        Assert.True(Unet(SiteKind.SelfAttention, "0", 3).Shares(Unet(SiteKind.CrossAttention, "0", 5)));
        Assert.False(Unet(SiteKind.SelfAttention, "0", 3).Shares(Unet(SiteKind.CrossAttention, "1", 3)));
        Assert.True(Unet(SiteKind.KeysAndValues, "0", 3, 2).Shares(Unet(SiteKind.KeysAndValues, "1", 4, 2)));
        Assert.False(Unet(SiteKind.KeysAndValues, "0", 3, 2).Shares(Unet(SiteKind.KeysAndValues, "2", 5, 2)));
    }

    [Fact]
    public void Whole_blocks_and_all_positions_together_do_not_compete()
    {
        var trace = Trace(("block", SiteKind.Block, 2, 1), ("attention", SiteKind.SelfAttention, 0, 0.5), ("later", SiteKind.SelfAttention, 1, 0.1));
        var all = trace with { Rows = trace.Rows.Add(new TokenRow("all", TokenRole.All, [])), Cells = trace.Cells.Add(new TraceCell(TraceSite.OfText(SiteKind.SelfAttention, 2, 1), 1, trace.High)) };

        Assert.Equal(TraceSite.OfText(SiteKind.SelfAttention, 0, 1), Of(all).Best!.Site);
    }

    [Fact]
    public void Prompts_that_were_screened_out_do_not_count()
    {
        var kept = Trace(("layer 0", SiteKind.SelfAttention, 0, 0.7), ("layer 1", SiteKind.SelfAttention, 1, 0.2));
        var screened = Trace(("layer 0", SiteKind.SelfAttention, 0, 0.1), ("layer 1", SiteKind.SelfAttention, 1, 0.9)) with { ScreenedOut = "It shows nothing." };

        Assert.Equal(0, Of(kept, screened).Best!.Site.First);
        Assert.Null(Of(screened).Best);
        Assert.False(Of(screened).IsLocalised);
    }

    [Fact]
    public void The_share_is_that_of_the_mean_difference_and_not_a_mean_of_quotients()
    {
        // One draw in which noise did nothing would make a quotient of its own infinite.
        var trace = Trace(("layer 0", SiteKind.SelfAttention, 0, 0.5), ("layer 1", SiteKind.SelfAttention, 1, 0)) with { High = [1, 1, 1, 1], Low = [0, 0, 0, 1] };
        trace = trace with { Cells = [.. trace.Cells.Select(c => c with { Restored = c.Site.First == 0 ? [1, 1, 0, 1] : trace.Low })] };

        Assert.Equal(2.0 / 3, Of(trace).Best!.Share, 1e-12);
    }

    [Fact]
    public void Controls_pass_when_each_does_less_than_the_clean_state()
    {
        Assert.True(Controls(donor: 0.1, random: 0, reverse: 0.4).Passed);
        Assert.False(Controls(donor: 0.8, random: 0, reverse: 0.4).Passed);
        Assert.False(Controls(donor: 0.1, random: 0.8, reverse: 0.4).Passed);
        Assert.True(Controls(donor: 0.1, random: 0, reverse: 1).Passed);
        Assert.False(Controls(donor: 0.1, random: 0, reverse: 1).IsNecessary);
        Assert.True(Controls(donor: 0.1, random: 0, reverse: 0.4).IsNecessary);
        Assert.False(Controls(donor: 0.1, random: 0, reverse: 0.4, isExact: false).Passed);
        Assert.Equal(0.6, Controls(donor: 0.1, random: 0, reverse: 0.4).Reverse.Margin, 1e-9);
    }

    private static Localisation Of(params PromptTrace[] traces) => Localisation.Of(traces, Settings, SiteKind.SelfAttention, SiteKind.Mlp);

    /// <summary>Clean scores of 1, corrupted ones of 0, and restored ones that scatter a little around a value.</summary>
    private static PromptTrace Trace(params (string Name, SiteKind Kind, int Layer, double Value)[] sites) => new()
    {
        Prompt = "a star",
        Subject = "star",
        Rows = [new TokenRow("star", TokenRole.LastSubject, [2])],
        High = Repeat(1),
        Low = Repeat(0),
        Cells = [.. sites.Select((s, i) => new TraceCell(TraceSite.OfText(s.Kind, s.Layer, 1), 0, [.. Enumerable.Range(0, 4).Select(d => s.Value + (0.01 * (((d + i) % 4) - 1.5)))]))],
    };

    private static TraceControls Controls(double donor, double random, double reverse, bool isExact = true)
    {
        var values = new ControlValues();
        values.High.AddRange(Repeat(1));
        values.Low.AddRange(Repeat(0));
        values.Restored.AddRange(Repeat(0.7));
        values.Donor.AddRange(Repeat(donor));
        values.Random.AddRange(Repeat(random));
        values.Reverse.AddRange(Repeat(reverse));
        return TraceControls.Of(isExact, values);
    }

    private static ImmutableArray<double> Repeat(double value) => [value, value, value, value];
}
