using System.Text.Json;
using System.Text.RegularExpressions;
using ModelGuard.Checkpoints;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Tests.Sample;

/// <summary>The main job, end to end, on the checkpoint and the policy of this repository.</summary>
public sealed partial class SampleTests(BuiltSample sample) : IClassFixture<BuiltSample>
{
    private static readonly string[] Concepts = ["van-gogh", "star", "head-of-state"];

    [Fact]
    public void The_build_edits_audits_and_passes_and_a_second_one_does_no_work()
    {
        Assert.True(sample.First.ExitCode == 0, sample.First.All);
        Assert.Contains("Edited 1 tensor(s)", sample.First.Output, StringComparison.Ordinal);
        Assert.Contains("Verdict: pass.", sample.First.Output, StringComparison.Ordinal);
        Assert.All(sample.Audit.RootElement.GetProperty("audit").GetProperty("gates").EnumerateArray(), gate => Assert.Equal("pass", gate.GetProperty("verdict").GetString()));
        Assert.True(sample.Second.ExitCode == 0, sample.Second.All);
        Assert.DoesNotContain("Edited", sample.Second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Verdict", sample.Second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_removed_is_gone_what_changed_is_new_and_the_rest_is_as_before()
    {
        var measured = sample.Audit.RootElement.GetProperty("audit").GetProperty("measured").EnumerateArray().ToArray();

        Assert.Equal(Concepts, measured.Where(m => Scope(m) is "removed" or "updated").Select(m => m.GetProperty("concept").GetString()), StringComparer.Ordinal);
        Assert.All(measured.Where(m => Scope(m) == "removed"), m => Assert.InRange(Share(m, "recognition", "value"), 0, 0.05));
        Assert.All(measured.Where(m => Scope(m) == "removed"), m => Assert.InRange(Share(m, "recognition", "base"), 0.9, 1));
        Assert.All(measured.Where(m => Scope(m) == "updated"), m => Assert.InRange(Share(m, "preference", "value"), 0.9, 1));
        Assert.All(measured.Where(m => Scope(m) == "updated"), m => Assert.InRange(Share(m, "preference", "base"), 0, 0.1));
        JsonElement[] preserved = [.. measured.Where(m => Scope(m) == "preserved")];
        Assert.Equal(31, preserved.Length);
        double after = preserved.Sum(m => Share(m, "recognition", "value")), before = preserved.Sum(m => Share(m, "recognition", "base"));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"preserved: {after / preserved.Length:P1} recognised, base {before / preserved.Length:P1}"));
        Assert.True(after >= 0.95 * before, FormattableString.Invariant($"{after} of {before}"));

        static string? Scope(JsonElement m) => m.GetProperty("scope").GetString();

        static double Share(JsonElement m, string metric, string which) => m.GetProperty("metrics").GetProperty(metric).GetProperty(which).GetDouble();
    }

    [Fact]
    public void Only_the_tensors_that_the_report_names_differ_from_the_base()
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(BuiltSample.Edited, "modelguard-report.json")));
        string[] named = [.. report.RootElement.GetProperty("edit").GetProperty("tensors").EnumerateArray().Select(t => $"{t.GetProperty("component").GetString()}/{t.GetProperty("tensor").GetString()}").Order(StringComparer.Ordinal)];

        var (before, after) = (Tensors(BuiltSample.Base), Tensors(BuiltSample.Edited));

        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.True(before.Count > 200, "Text encoder, UNet and VAE have more tensors than that.");
        Assert.NotEmpty(named);
        Assert.Equal(named, before.Where(t => t.Value != after[t.Key]).Select(t => t.Key).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var file in Files(BuiltSample.Base).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            Assert.True(File.ReadAllBytes(Path.Combine(BuiltSample.Base, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(BuiltSample.Edited, file))), file);
        }

        Assert.Equal(Files(BuiltSample.Base).Append("modelguard-report.json").Order(StringComparer.Ordinal), Files(BuiltSample.Edited).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_base_policy_edited_model_report_signature_and_public_key_sees_in_six_lines_what_is_proved()
    {
        using var copy = TemporaryFolder.CopyOf(BuiltSample.Edited);
        using var keys = new TemporaryFolder();
        var keygen = await Tool.RunAsync("keygen", "--output", keys["key.pem"], "--public-output", keys["key.pub.pem"]);
        var sign = await Tool.RunAsync("sign", copy.Path, "--private-key", keys["key.pem"]);
        Assert.Equal((0, 0), (keygen.ExitCode, sign.ExitCode));
        File.Delete(keys["key.pem"]);
        string[] arguments = ["verify", BuiltSample.Policy, "--output", copy.Path, "--public-key", keys["key.pub.pem"]];

        var people = await Tool.RunInAsync(null, sample.Cache, arguments);
        var machine = await Tool.RunInAsync(null, sample.Cache, [.. arguments, "--json"]);

        Assert.True(people.ExitCode == 0, people.All);
        Assert.Equal(6, people.ErrorLines.Length);
        Snapshot.Verify(WithoutDigests(string.Join('\n', people.ErrorLines)));
        using var json = JsonDocument.Parse(machine.Output);
        Assert.Equal(["model", "signature", "digest", "edit", "fingerprint", "gates"], json.RootElement.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null).Select(p => p.Name), StringComparer.Ordinal);
        Assert.Equal("pass", json.RootElement.GetProperty("gates").GetProperty("verdict").GetString());
        Assert.Empty(machine.Error);

        // They depend on the machine, as the key does on chance.
        static string WithoutDigests(string text) => Digest().Replace(text, "…");
    }

    [Fact]
    public async Task The_unedited_base_fails_and_every_concept_is_named_at_its_line()
    {
        var concepts = PolicyReader.Read(BuiltSample.Policy).Policy!.Concepts;

        var result = await Tool.RunInAsync(null, sample.Cache, "audit", BuiltSample.Policy, "--model", BuiltSample.Base);

        Assert.True(result.ExitCode == 1, result.All);
        Assert.Equal(Concepts, concepts.Select(c => c.Id), StringComparer.Ordinal);
        Assert.All(concepts, c => Assert.Contains(result.ErrorLines, line => line.StartsWith(FormattableString.Invariant($"{BuiltSample.Policy}({c.Location.Line},{c.Location.Column}): error MG1201: "), StringComparison.Ordinal)));
    }

    [GeneratedRegex("[0-9a-f]{64}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digest();

    /// <summary>Every tensor of a checkpoint with the digest of its type, shape and bytes.</summary>
    private static Dictionary<string, string> Tensors(string folder)
    {
        var tensors = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Files(folder).Where(f => f.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            using var file = SafetensorsFile.Open(Path.Combine(folder, path));
            foreach (var info in file.Tensors)
            {
                tensors.Add($"{Path.GetDirectoryName(path)}/{info.Name}", $"{info.DataType} [{string.Join(", ", info.Shape)}] {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.GetBytes(info)))}");
            }
        }

        return tensors;
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f));
}
