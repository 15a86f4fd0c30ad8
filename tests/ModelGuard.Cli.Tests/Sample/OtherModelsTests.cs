using System.Buffers.Binary;
using ModelGuard.Checkpoints;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Tests.Sample;

/// <summary>
/// The sample's gates on models that are not what they claim, each held against the edited model itself. One seed is enough, because what is
/// there is there in most pictures: 19 without a hit make an interval below 0.2, and 9 with the new look one above 0.6.
/// </summary>
public sealed class OtherModelsTests(FewPictures sample) : IClassFixture<FewPictures>
{
    [Fact]
    public async Task The_edited_model_passes_with_few_pictures_too()
    {
        var result = await AuditAsync(sample.Edited);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal("3 gate results: 3 passed. Verdict: pass.", result.ErrorLines[^1]);
    }

    [Fact]
    public async Task A_model_that_was_edited_for_another_concept_fails_at_every_concept()
    {
        using var folder = new TemporaryFolder();
        var text = FewPictures.Text(folder["moon"]);
        var concepts = text.IndexOf("concepts:", StringComparison.Ordinal);
        var preserve = string.Join('\n', text[text.IndexOf("preserve:", StringComparison.Ordinal)..].Split('\n').Where(l => !l.Contains("\"moon\"", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(folder["moon.yaml"], $$"""
            {{text[..concepts]}}concepts:
              - { id: moon, action: remove, attribute: object, match: ["moon"], replaceWith: "circle", prompts: ["a {concept}"] }
            {{preserve}}gates: [{ id: gone, metric: recognition, on: removed, max: 0.2 }]
            """);
        var edit = await Tool.RunInAsync(null, sample.Cache, "edit", folder["moon.yaml"]);
        Assert.True(edit.ExitCode == 0, edit.All);

        AssertNamed(await AuditAsync(folder["moon"]), "MG1201", "van-gogh", "star", "head-of-state");
    }

    [Fact]
    public async Task A_model_whose_original_text_encoder_was_put_back_fails_at_every_concept()
    {
        using var model = TemporaryFolder.CopyOf(sample.Edited);
        File.Copy(Encoder(BuiltSample.Base), Encoder(model.Path), overwrite: true);

        AssertNamed(await AuditAsync(model.Path), "MG1201", "van-gogh", "star", "head-of-state");
    }

    [Fact]
    public async Task A_model_that_was_edited_at_half_strength_does_not_pass()
    {
        using var model = TemporaryFolder.CopyOf(sample.Edited);
        await File.WriteAllBytesAsync(Encoder(model.Path), Mean(await File.ReadAllBytesAsync(Encoder(BuiltSample.Base)), await File.ReadAllBytesAsync(Encoder(sample.Edited))));

        var result = await AuditAsync(model.Path);

        // A style needs the whole edit, an object most of it; of the fact's new look half is enough.
        AssertNamed(result, "MG1201", "van-gogh");
        AssertNamed(result, "MG120", "star");
    }

    private static string Encoder(string model) => Path.Combine(model, "text_encoder", "model.safetensors");

    private Task<ChildProcess.Finished> AuditAsync(string model) => Tool.RunInAsync(null, sample.Cache, "audit", sample.Policy, "--model", model);

    /// <summary>The audit fails, and concepts are named, with a finding of some code, at their places in the policy.</summary>
    private void AssertNamed(ChildProcess.Finished result, string code, params string[] ids)
    {
        Assert.True(result.ExitCode == 1, result.All);
        foreach (var concept in PolicyReader.Read(sample.Policy).Policy!.Concepts.Where(c => ids.Contains(c.Id, StringComparer.Ordinal)))
        {
            Assert.Contains(result.ErrorLines, line => line.StartsWith(FormattableString.Invariant($"{sample.Policy}({concept.Location.Line},{concept.Location.Column}): error {code}"), StringComparison.Ordinal) && line.Contains($"'{concept.DisplayName ?? concept.Id}'", StringComparison.Ordinal));
        }
    }

    /// <summary>The numbers half way between two files of float16 numbers with the same tensors.</summary>
    private static byte[] Mean(byte[] first, byte[] second)
    {
        var (result, start) = (first.ToArray(), 8 + checked((int)BinaryPrimitives.ReadInt64LittleEndian(first)));
        using (var file = SafetensorsFile.Open(Encoder(BuiltSample.Base))) Assert.All(file.Tensors, t => Assert.Equal(TensorDataType.F16, t.DataType));
        Assert.True(first.AsSpan(0, start).SequenceEqual(second.AsSpan(0, start)) && first.Length == second.Length, "Both files have one layout.");
        for (var i = start; i < first.Length; i += 2)
        {
            var (a, b) = (BinaryPrimitives.ReadHalfLittleEndian(first.AsSpan(i)), BinaryPrimitives.ReadHalfLittleEndian(second.AsSpan(i)));
            if (a != b) BinaryPrimitives.WriteHalfLittleEndian(result.AsSpan(i), (Half)(((float)a + (float)b) / 2));
        }

        return result;
    }
}
