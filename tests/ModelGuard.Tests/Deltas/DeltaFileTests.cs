using CsCheck;
using ModelGuard.Checkpoints;
using ModelGuard.Deltas;
using ModelGuard.Tests.Editing;

namespace ModelGuard.Tests.Deltas;

/// <summary>A delta may come from anyone: what is wrong with it is one clear sentence, and nothing is written.</summary>
public sealed class DeltaFileTests : IDisposable
{
    private readonly TemporaryFolder work = new();
    private readonly string report;

    public DeltaFileTests() => report = SomeDelta.Edit(SomeEdit.Tiny(), SomeDelta.LowRank(0), work["edited"], Delta);

    private string Delta => work["change.safetensors"];

    [Fact]
    public void A_delta_is_the_same_bytes_each_time_and_says_where_it_comes_from()
    {
        var before = File.ReadAllBytes(Delta);
        SomeDelta.Edit(SomeEdit.Tiny(), SomeDelta.LowRank(0), work["again"], Delta);

        Assert.Equal(before, File.ReadAllBytes(Delta));
        using var delta = DeltaFile.Open(Delta);
        var manifest = delta.Manifest;
        Assert.Equal(report, delta.Report);
        Assert.Equal(("1.2.3", "sha256:" + SomeDelta.PolicyDigest), (manifest.ToolVersion, manifest.PolicyDigest));
        Assert.Equal((Digests.RootDigest(SomeEdit.Tiny().Path), Digests.RootDigest(SomeEdit.Tiny().Path), Digests.RootDigest(work["edited"])), (manifest.BaseDigest, manifest.KeptDigest, manifest.EditedDigest));
        Assert.Null(manifest.Variant);
        Assert.Empty(manifest.LeftOut);
    }

    [Fact]
    public void The_smaller_form_is_taken()
    {
        using (var low = DeltaFile.Open(Delta)) Assert.Equal(DeltaEncoding.LowRank, Assert.Single(low.Manifest.Tensors).Encoding);
        var length = new FileInfo(Delta).Length;

        SomeDelta.Edit(SomeEdit.Tiny(), SomeDelta.FullRank(0), work["edited"], Delta);

        using var full = DeltaFile.Open(Delta);
        var tensor = Assert.Single(full.Manifest.Tensors);
        Assert.Equal(DeltaEncoding.Xor, tensor.Encoding);
        Assert.InRange(length, 1, new FileInfo(Delta).Length - 1);
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "MG1040", "is of version 2; this tool reads version 1")]
    [InlineData("\"version\":1", "\"version\":\"1\"", "MG1040", "is malformed: ")]
    [InlineData("\"version\":1", "\"version\":1e99", "MG1040", "is malformed: ")]
    [InlineData("\"version\":1,", "", "MG1040", "is malformed: ")]
    [InlineData("{\"version\"", "[\"version\"", "MG1040", "is malformed: ")]
    [InlineData("\"tool\":\"1.2.3\"", "\"tool\":\"\"", "MG1040", "has no text 'tool'")]
    [InlineData("\"base\":\"sha256:", "\"base\":\"md5:", "MG1040", "must be 'sha256:' and 64 lower-case hexadecimal digits")]
    [InlineData("\"component\":\"text_encoder\"", "\"component\":\"../../etc\"", "MG1040", "names the component '../../etc'")]
    [InlineData("\"component\":\"text_encoder\"", "\"component\":\"\\u001b[31m\"", "MG1040", "names the component '\\u001b[31m'")]
    [InlineData("\"component\":\"text_encoder\"", "\"component\":\"text\"", "MG1041", "has no matrix 'text/text_model")]
    [InlineData("\"dtype\":\"F32\"", "\"dtype\":\"F8_E4M3\"", "MG1040", "has the unknown type 'F8_E4M3'")]
    [InlineData("\"dtype\":\"F32\"", "\"dtype\":\"F16\"", "MG1041", "where its manifest calls for F16")]
    [InlineData("\"dtype\":\"F32\"", "\"dtype\":\"I32\"", "MG1041", "which is no matrix of floating-point numbers")]
    [InlineData("\"shape\":[32,32]", "\"shape\":[32,31]", "MG1041", "where its manifest calls for F32 [1, 31]")]
    [InlineData("\"shape\":[32,32]", "\"shape\":[32,-32]", "MG1040", "has a shape with a negative side")]
    [InlineData("\"shape\":[32,32]", "\"shape\":[9223372036854775807,9223372036854775807]", "MG1041", "more than can be changed")]
    [InlineData("\"shape\":[32,32]", "\"shape\":[9223372036854775808]", "MG1040", "is malformed: ")]
    [InlineData("\"encoding\":\"low-rank\"", "\"encoding\":\"zip\"", "MG1040", "has the unknown encoding 'zip'; known are low-rank, xor")]
    [InlineData("\"encoding\":\"low-rank\"", "\"encoding\":\"xor\"", "MG1041", ".xor', which its manifest calls for")]
    [InlineData("\"tensors\":[{", "\"tensors\":[],\"x\":[{", "MG1040", "names no tensor")]
    public void A_manifest_that_is_wrong_is_one_sentence(string part, string replacement, string code, string sentence)
    {
        Assert.Contains(part, Metadata()[DeltaFile.ManifestKey], StringComparison.Ordinal);
        Rewrite(m => m[DeltaFile.ManifestKey] = m[DeltaFile.ManifestKey].Replace(part, replacement, StringComparison.Ordinal));

        AssertRefused(code, sentence);
    }

    [Fact]
    public void A_tensor_that_is_named_twice_is_refused()
    {
        Rewrite(m =>
        {
            var text = m[DeltaFile.ManifestKey];
            var entry = text[(text.IndexOf("\"tensors\":[", StringComparison.Ordinal) + 11)..^2];
            m[DeltaFile.ManifestKey] = text.Replace(entry, $"{entry},{entry}", StringComparison.Ordinal);
        });

        AssertRefused("MG1040", "names the tensor 'text_encoder/text_model.encoder.layers.0.self_attn.out_proj.weight' twice");
    }

    [Theory]
    [InlineData(DeltaFile.ManifestKey)]
    [InlineData(DeltaFile.ReportKey)]
    public void A_file_without_the_metadata_is_no_delta(string key)
    {
        Rewrite(m => m.Remove(key));

        AssertRefused("MG1040", "is no delta: its metadata hold no 'modelguard.delta' with 'modelguard.report'");
    }

    [Theory]
    [InlineData("\"version\": \"1.2.3\"", "\"version\": \"9\"", "names the tool '9', and the delta '1.2.3'")]
    [InlineData("\"policy\"", "\"Policy\"", "is malformed: ")]
    [InlineData("{\n", "\n", "is malformed: ")]
    public void A_report_about_something_else_is_not_written_beside_the_checkpoint(string part, string replacement, string sentence)
    {
        Rewrite(m => m[DeltaFile.ReportKey] = m[DeltaFile.ReportKey].Replace(part, replacement, StringComparison.Ordinal));
        using var delta = DeltaFile.Open(Delta);

        var error = Assert.Throws<CheckpointException>(() => DeltaApplication.Apply(SomeEdit.Tiny(), delta, work["out"], SomeDelta.Options));

        Assert.Equal("MG1040", error.Code);
        Assert.Contains($"The report in the delta '{Delta}' {sentence}", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(work["out"]));
    }

    [Theory]
    [InlineData("to element 1025 of a tensor that has 1024", 2, 255, 255, 255, 255, 3, 0)]
    [InlineData("where its manifest calls for F32 [3]", 2, 1, 2, 3)]
    public void Corrections_outside_of_the_tensor_or_without_a_value_are_refused(string sentence, int values, params int[] gaps)
    {
        Rewrite(_ => { }, name => name.EndsWith(".apply.gaps", StringComparison.Ordinal) ? (TensorDataType.U8, [gaps.Length], [.. gaps.Select(g => (byte)g)])
            : name.EndsWith(".apply.values", StringComparison.Ordinal) ? (TensorDataType.F32, [values], new byte[4 * values]) : null);

        AssertRefused("MG1041", sentence);
    }

    [Theory]
    [InlineData(".apply.values", true)]
    [InlineData(".revert.values", false)]
    [InlineData("edited", true)]
    [InlineData("kept", false)]
    public void A_delta_that_does_not_give_what_it_promises_is_refused(string what, bool isForward)
    {
        var zeros = "sha256:" + new string('0', 64);
        using (var whole = DeltaFile.Open(Delta))
        {
            var (manifest, wrong) = (whole.Manifest, what == "edited" ? whole.Manifest.EditedDigest : zeros);
            Rewrite(
                m =>
                {
                    if (what == "kept") m[DeltaFile.ManifestKey] = m[DeltaFile.ManifestKey].Replace($"\"kept\":\"{manifest.KeptDigest}", $"\"kept\":\"{zeros}", StringComparison.Ordinal);
                    foreach (var key in m.Keys.ToArray()) m[key] = m[key].Replace(wrong, zeros, StringComparison.Ordinal);
                },
                name => name.EndsWith(what, StringComparison.Ordinal) ? Zeros(name) : null);
        }

        using var delta = DeltaFile.Open(Delta);
        var error = Assert.Throws<ProvenanceException>(() => isForward ? DeltaApplication.Apply(SomeEdit.Tiny(), delta, work["out"], SomeDelta.Options) : DeltaApplication.Revert(Checkpoint.Open(work["edited"]), delta, work["out"], SomeDelta.Options));

        Assert.Equal("MG1045", error.Code);
        Assert.StartsWith($"The delta '{Delta}' ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(work["out"]));

        (TensorDataType, long[], byte[])? Zeros(string name)
        {
            using var file = SafetensorsFile.Open(Delta);
            var tensor = file.Get(name);
            return (tensor.DataType, [.. tensor.Shape], new byte[tensor.ByteLength]);
        }
    }

    [Fact]
    public void A_tensor_too_many_is_refused()
    {
        Rewrite(_ => { }, extra: new TensorSource("more", TensorDataType.U8, [1], new byte[1]));

        AssertRefused("MG1041", "holds the tensor 'more', which its manifest does not call for");
    }

    [Fact]
    public void A_delta_with_any_byte_changed_or_cut_off_is_refused_or_does_the_same()
    {
        var whole = File.ReadAllBytes(Delta);
        var expected = SomeDelta.Contents(work["edited"]);
        var refused = 0;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255], Gen.Bool).Sample((at, change, isCut) =>
        {
            var damaged = isCut ? whole[..at] : whole.ToArray();
            if (!isCut) damaged[at] ^= change;
            File.WriteAllBytes(Delta, damaged);
            try
            {
                using var delta = DeltaFile.Open(Delta);
                DeltaApplication.Apply(SomeEdit.Tiny(), delta, work["out"], SomeDelta.Options);
                // Only what the digests do not cover may differ: the report's own text, and what nobody asks for.
                var actual = SomeDelta.Contents(work["out"]);
                actual["modelguard-report.json"] = expected["modelguard-report.json"];
                Assert.Equal(expected, actual);
                DeltaApplication.Revert(Checkpoint.Open(work["edited"]), delta, work["back"], SomeDelta.Options);
                Assert.Equal(SomeDelta.Contents(SomeEdit.Tiny().Path), SomeDelta.Contents(work["back"]));
            }
            catch (Exception e) when (e is CheckpointException or ProvenanceException)
            {
                Assert.InRange(e.Message.Split('\n').Length, 1, 1);
                refused++;
            }
        }, iter: 150);
        Assert.InRange(refused, 100, 150);
    }

    public void Dispose() => work.Dispose();

    private Dictionary<string, string> Metadata()
    {
        using var file = SafetensorsFile.Open(Delta);
        return new Dictionary<string, string>(file.Metadata, StringComparer.Ordinal);
    }

    private void Rewrite(Action<Dictionary<string, string>> change, Func<string, (TensorDataType, long[], byte[])?>? replace = null, TensorSource? extra = null)
    {
        var metadata = Metadata();
        change(metadata);
        List<TensorSource> sources = [];
        using (var file = SafetensorsFile.Open(Delta))
        {
            foreach (var tensor in file.Tensors)
            {
                var bytes = file.GetBytes(tensor).ToArray();
                sources.Add(replace?.Invoke(tensor.Name) is (var type, var shape, var other) ? new TensorSource(tensor.Name, type, [.. shape], other) : new TensorSource(tensor.Name, tensor.DataType, tensor.Shape, bytes));
            }
        }

        if (extra is not null) sources.Add(extra);
        SafetensorsWriter.Write(Delta, sources, metadata);
    }

    private void AssertRefused(string code, string sentence)
    {
        var error = Assert.Throws<CheckpointException>(() => DeltaFile.Open(Delta));
        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{Delta}'", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }
}
