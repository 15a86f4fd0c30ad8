using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using ModelGuard.Rendering.Html;
using static Microsoft.Playwright.Assertions;

namespace ModelGuard.Rendering.Tests.Html;

/// <summary>The page in a real browser, from a file.</summary>
public sealed class HtmlReportBrowserTests(SystemChromium chromium) : IClassFixture<SystemChromium>, IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private OpenPage? open;

    private IPage Page => open!.Page;

    public ValueTask InitializeAsync() => OpenAsync(SomePage.Render());

    [Fact]
    public async Task It_asks_for_nothing_and_complains_of_nothing_whatever_is_opened()
    {
        foreach (var summary in await Page.Locator("summary").AllAsync()) await summary.ClickAsync();
        foreach (var summary in await Page.Locator("summary").AllAsync()) await summary.ClickAsync();

        Assert.Empty(open!.Complaints);
        Assert.Equal(new Uri(folder["report.html"]).AbsoluteUri, Assert.Single(open.Requests, r => !r.StartsWith("data:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_verdict_comes_first()
    {
        await Expect(Page.Locator("h1")).ToContainTextAsync("Fail");
        await Expect(Page.Locator(".lead")).ToHaveTextAsync("1 gate result of 6 failed. 1 gate result did not pass and does not count: severity below medium.");
        await Expect(Page).ToHaveTitleAsync("fail · shapes-governed · ModelGuard report");
    }

    [Fact]
    public async Task Every_column_sorts_both_ways_and_says_so()
    {
        await Page.GetByRole(AriaRole.Button, new() { Name = "Compared" }).ClickAsync();
        Assert.Equal(["ring", "circle", "square", "heart", "Artist A", "Artist A"], await ConceptsAsync());
        await Expect(Page.Locator("th[aria-sort=ascending]")).ToHaveTextAsync("Compared");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Compared" }).PressAsync("Enter");
        Assert.Equal(["Artist A", "Artist A", "heart", "square", "circle", "ring"], await ConceptsAsync());

        await Page.GetByRole(AriaRole.Button, new() { Name = "Concept" }).ClickAsync();
        Assert.Equal(["Artist A", "Artist A", "circle", "heart", "ring", "square"], await ConceptsAsync());
        await Expect(Page.Locator("th[aria-sort]")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Text_verdict_and_severity_filter_together()
    {
        await Page.GetByLabel("Find").FillAsync("GONE");
        Assert.Equal(["Artist A", "heart", "ring"], await ConceptsAsync());

        await Page.GetByLabel("inconclusive").UncheckAsync();
        Assert.Equal(["Artist A", "heart"], await ConceptsAsync());
        await Expect(Page.Locator("#shown")).ToHaveTextAsync("2 of 6 shown");

        await Page.GetByLabel("Severity").SelectOptionAsync("high or above");
        Assert.Equal(["Artist A"], await ConceptsAsync());
    }

    [Fact]
    public async Task Pictures_of_removed_concepts_are_blurred_until_they_are_clicked_and_others_are_not()
    {
        var removed = Page.Locator("details.pictures[data-veiled]");
        await Expect(Page.Locator("details.pictures:not([data-veiled]) .veiled")).ToHaveCountAsync(0);
        await Expect(removed.Locator(".veiled")).ToHaveCountAsync(8);
        Assert.Contains("blur", await FilterAsync(removed.Locator("img").First), StringComparison.Ordinal);

        await removed.GetByRole(AriaRole.Button, new() { Name = "Show the pictures of a star in the style of van-gogh, seed 0" }).ClickAsync();
        Assert.Equal("none", await FilterAsync(removed.Locator("img").First));
        await Expect(removed.Locator(".veiled")).ToHaveCountAsync(7);

        await removed.GetByRole(AriaRole.Button, new() { Name = "Show all pictures" }).PressAsync("Enter");
        await Expect(removed.Locator(".veiled")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_slider_moves_from_base_to_edited_by_keyboard_too()
    {
        var slider = Page.Locator("details.pictures:not([data-veiled]) input[type=range]");
        var (original, edited) = (Page.Locator("details.pictures:not([data-veiled]) .base").First, Page.Locator("details.pictures:not([data-veiled]) .edited").First);

        await slider.FillAsync("100");
        Assert.Equal("inset(0px 100% 0px 0px)", await ClipAsync(original));
        Assert.Equal("inset(0px 0px 0px 0%)", await ClipAsync(edited));

        await slider.PressAsync("Home");
        Assert.Equal("inset(0px 0px 0px 100%)", await ClipAsync(edited));
        Assert.True(await original.EvaluateAsync<bool>("image => image.complete && image.naturalWidth > 0"));
    }

    [Fact]
    public async Task Heat_maps_tell_their_values_on_hover_and_by_arrow_keys()
    {
        var readout = Page.Locator(".readout").First;
        await Page.GetByRole(AriaRole.Table, new() { Name = "block, share by token and layer" }).Locator("tbody tr").Nth(5).Locator("td").Nth(1).HoverAsync();
        await Expect(readout).ToHaveTextAsync("gogh · block 1 (text_model.encoder.layers.1) · 0.830");

        await Page.Locator(".panel td[tabindex='0']").First.FocusAsync();
        await Page.Keyboard.PressAsync("ArrowDown");
        await Page.Keyboard.PressAsync("ArrowRight");
        await Expect(readout).ToHaveTextAsync("a · block 1 (text_model.encoder.layers.1) · 0.000");
        await Expect(Page.Locator(".panel").First.Locator("td[tabindex='0']")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task It_is_dark_where_the_system_is_and_can_be_switched()
    {
        var light = await BackgroundAsync();
        await OpenAsync(SomePage.Render(), ColorScheme.Dark);
        var dark = await BackgroundAsync();
        Assert.NotEqual(light, dark, StringComparer.Ordinal);

        await Page.GetByRole(AriaRole.Button, new() { Name = "Dark" }).ClickAsync();
        Assert.Equal(light, await BackgroundAsync());
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Dark" })).ToHaveAttributeAsync("aria-pressed", "false");
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task The_accessibility_check_finds_nothing(ColorScheme scheme)
    {
        await OpenAsync(SomePage.Render(), scheme);
        foreach (var details in await Page.Locator("details:not([open]) > summary").AllAsync()) await details.ClickAsync();

        var result = await Page.RunAxe();

        Assert.Empty(result.Violations.Select(v => $"{v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}"));
        Assert.NotEmpty(result.Passes);
    }

    [Fact]
    public async Task Hostile_names_stay_text()
    {
        var report = Markdown.MarkdownReportTests.Hostile();
        await OpenAsync(HtmlReport.Render(report.Read(), new HtmlOptions(SomeReport.Today, SomeReport.Digest("report"))));

        Assert.Empty(open!.Complaints);
        Assert.Equal(50, await Page.Locator("#gate-table tbody tr").CountAsync());
        Assert.Equal(0, await Page.Locator("main img, main a, main h1, main b").CountAsync());
        Assert.Equal(1, await Page.Locator("script").CountAsync());
        Assert.Single(await Page.Locator("#gate-table tbody th").AllInnerTextsAsync(), t => t == "<img src=x onerror=alert(1)>\nc4");
    }

    [Fact]
    public async Task On_paper_it_is_light_has_no_controls_and_fits()
    {
        await OpenAsync(SomePage.Render(), ColorScheme.Dark);
        await Page.EmulateMediaAsync(new() { Media = Media.Print });
        // A4 without its margins.
        await Page.SetViewportSizeAsync(673, 900);

        Assert.Equal("rgb(255, 255, 255)", await BackgroundAsync());
        Assert.Equal(0, await Page.EvaluateAsync<int>("Math.max(0, document.getElementById('gate-table').getBoundingClientRect().right - innerWidth)"));
        await Expect(Page.Locator("nav")).ToBeHiddenAsync();
        await Expect(Page.Locator("#filters")).ToBeHiddenAsync();
        await Expect(Page.Locator("#gate-table")).ToBeVisibleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (open is not null) await open.DisposeAsync();
        folder.Dispose();
    }

    private async ValueTask OpenAsync(byte[] page, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipWhen(SystemChromium.Path is null, SystemChromium.WhyAbsent);
        if (open is not null) await open.DisposeAsync();
        await File.WriteAllBytesAsync(folder["report.html"], page);
        open = await chromium.OpenAsync(folder["report.html"], scheme);
    }

    private async Task<string[]> ConceptsAsync() => [.. (await Page.Locator("#gate-table tbody tr:visible th").AllInnerTextsAsync()).Select(t => t.Split('\n')[0])];

    private Task<string> BackgroundAsync() => Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

    private static Task<string> FilterAsync(ILocator locator) => locator.EvaluateAsync<string>("e => getComputedStyle(e).filter");

    private static Task<string> ClipAsync(ILocator locator) => locator.EvaluateAsync<string>("e => getComputedStyle(e).clipPath");
}
