using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies;

/// <summary>Policies whose prompts stand in files of their own.</summary>
public sealed class PromptFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Prompts_are_the_lines_of_a_file_without_empty_ones_and_comments()
    {
        Write("prompts/star.txt", "\uFEFF# of stars\r\na {concept}\r\n\r\n  two STARs \n#last\nthe {concept}");

        var policy = Read("prompts: { file: prompts/star.txt }").Policy!;

        Assert.Equal(["a {concept}", "two STARs", "the {concept}"], policy.Concepts[0].Prompts, StringComparer.Ordinal);
        Assert.Equal([folder["prompts/star.txt"]], policy.PromptFiles, StringComparer.Ordinal);
    }

    [Fact]
    public void Preserved_names_take_files_too()
    {
        Write("moon.txt", "a {concept}\nthe moon");

        var policy = Read("""prompts: ["a {concept}"]""", "preserve: [{ name: moon, prompts: { file: moon.txt } }]").Policy!;

        Assert.Equal(["a {concept}", "the moon"], policy.Preserve[0].Prompts, StringComparer.Ordinal);
    }

    [Fact]
    public void Probes_take_files_whose_prompts_need_not_name_the_concept()
    {
        Write("found.txt", "# by attacks\nsta tar glow\n");

        var policy = Read("prompts: [\"a {concept}\"]\n    probes: { kinds: [case], file: found.txt }").Policy!;

        Assert.Equal(["sta tar glow"], policy.Concepts[0].Probes.Listed, StringComparer.Ordinal);
        Assert.Equal([ProbeKind.Case], policy.Concepts[0].Probes.Kinds);
        Assert.Equal([folder["found.txt"]], policy.PromptFiles, StringComparer.Ordinal);
    }

    [Fact]
    public void A_file_of_another_kind_ends_the_reading_after_so_many_findings()
    {
        Write("star.txt", string.Join('\n', Enumerable.Repeat("a word", 2000)));

        var (policy, findings) = Read("prompts: { file: star.txt }");

        Assert.Null(policy);
        Assert.Equal(PolicyDiagnostics.Most + 1, findings.Length);
        Assert.All(findings[..^1], d => Assert.Equal("MG0119", d.Code));
        Assert.Equal(("MG0146", "Reading stopped after 500 findings. Mend these first."), (findings[^1].Code, findings[^1].Message));
    }

    [Fact]
    public void The_digest_of_a_policy_covers_its_prompt_files()
    {
        Write("star.txt", "a {concept}");
        var first = Read("prompts: { file: star.txt }").Policy!.Digest;
        var again = Read("prompts: { file: star.txt }").Policy!.Digest;

        Write("star.txt", "the {concept}");

        Assert.Equal(first, again);
        Assert.NotEqual(first, Read("prompts: { file: star.txt }").Policy!.Digest, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("prompts: { file: none.txt }", "MG0140", 12, 22, "The prompt file 'none.txt' does not exist.")]
    [InlineData("prompts: { file: empty.txt }", "MG0140", 12, 22, "The prompt file 'empty.txt' holds no prompt.")]
    [InlineData("prompts: { file: broken.txt }", "MG0140", 12, 22, "The prompt file 'broken.txt' is no valid UTF-8 text.")]
    [InlineData("prompts: { file: large.txt }", "MG0140", 12, 22, "has 1000001 bytes; the limit is 1000000.")]
    [InlineData("prompts: { file: ../star.txt }", "MG0138", 12, 22, "The prompt file '../star.txt' lies outside of the policy's folder.")]
    [InlineData("prompts: { file: inside/../../star.txt }", "MG0138", 12, 22, "lies outside of the policy's folder.")]
    [InlineData("prompts: { file: /etc/passwd }", "MG0138", 12, 22, "lies outside of the policy's folder.")]
    [InlineData("prompts: { file: '' }", "MG0111", 12, 22, "'file' must be a text that is not empty")]
    [InlineData("prompts: {}", "MG0110", 12, 14, "'prompts' needs the key 'file'.")]
    [InlineData("prompts: { file: good.txt, more: 1 }", "MG0108", 12, 32, "'prompts' has no key 'more'.")]
    public void What_is_no_prompt_file_is_refused_at_its_place(string prompts, string code, int line, int column, string sentence)
    {
        Write("good.txt", "a {concept}");
        Write("empty.txt", "\n# nothing\n \n");
        Write("large.txt", new string('a', 1_000_001));
        File.WriteAllBytes(folder["broken.txt"], [(byte)'a', 0xFF]);

        var found = Assert.Single(Read(prompts).Diagnostics);

        Assert.Equal((code, new SourceLocation(folder["policy.yaml"], line, column)), (found.Code, found.Location));
        Assert.Contains(sentence, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_that_names_the_concept_nowhere_is_refused_at_its_line_of_the_file()
    {
        Write("star.txt", "a {concept}\n\na moon");

        var found = Assert.Single(Read("prompts: { file: star.txt }").Diagnostics);

        Assert.Equal(("MG0119", new SourceLocation(folder["star.txt"], 3, 1)), (found.Code, found.Location));
    }

    [Fact]
    public void A_file_elsewhere_is_read_if_the_user_allows_it()
    {
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere["star.txt"], "a {concept}");

        Assert.NotNull(Read($"prompts: {{ file: '{elsewhere["star.txt"]}' }}", allowOutside: true).Policy);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_that_leads_out_is_refused_also_as_a_part_of_the_way(bool isFolder)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere["star.txt"], "a {concept}");
        if (isFolder) Directory.CreateSymbolicLink(folder["prompts"], elsewhere.Path);
        else Write("prompts/other.txt", "");
        if (!isFolder) File.CreateSymbolicLink(folder["prompts/star.txt"], elsewhere["star.txt"]);

        var found = Assert.Single(Read("prompts: { file: prompts/star.txt }").Diagnostics);

        Assert.Equal("MG0138", found.Code);
        Assert.Contains("by a link that leads out", found.Message, StringComparison.Ordinal);
        Assert.NotNull(Read("prompts: { file: prompts/star.txt }", allowOutside: true).Policy);
    }

    [Fact]
    public void A_link_that_stays_inside_is_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        Write("real.txt", "a {concept}");
        File.CreateSymbolicLink(folder["star.txt"], "real.txt");

        Assert.NotNull(Read("prompts: { file: star.txt }").Policy);
    }

    public void Dispose() => folder.Dispose();

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllText(folder[name], text);
    }

    private PolicyResult Read(string prompts, string rest = "", bool allowOutside = false)
    {
        File.WriteAllText(folder["policy.yaml"], PolicyText.With("""prompts: ["a {concept}"]""", prompts) + rest);
        return PolicyReader.Read(folder["policy.yaml"], allowOutside);
    }
}
