using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModelGuard.Checkpoints.Tests.Hashing;

public sealed class DigestsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void A_files_digest_is_its_SHA256(string content, string expected)
    {
        Write(("file", content));

        Assert.Equal(expected, Convert.ToHexStringLower(Digests.Sha256OfFile(folder["file"])));
    }

    [Fact]
    public void A_files_digest_covers_every_block_of_a_large_one()
    {
        byte[] content = [.. Enumerable.Range(0, (3 << 20) + 17).Select(i => (byte)(i * 7))];
        File.WriteAllBytes(folder["file"], content);

        Assert.Equal(SHA256.HashData(content), Digests.Sha256OfFile(folder["file"]));
    }

    [Fact]
    public void The_root_digest_is_that_of_the_specifications_own_vector()
    {
        // ossf/model-signing-spec, test-vectors/v1.0/valid: the subject that its bundle signs.
        Write(("signme-1", "signme-1\n"), ("signme-2", "signme-2"));

        Assert.Equal("sha256:92745110b1ab4368471cbe31664e10174e954b113a3df333db860317b2c6dec4", Digests.RootDigest(folder.Path));
    }

    [Theory]
    [InlineData("v1.1.0-elliptic-key")]
    [InlineData("v1.1.0-certificate")]
    public void The_root_digest_is_what_the_reference_implementation_signed(string vector)
    {
        var source = Path.Combine(RepositoryPaths.Shared, "oms", vector);
        Assert.SkipUnless(Directory.Exists(source), "The published signatures are not in shared/oms beside the repository.");
        using var bundle = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(source, "model.sig")));
        using var statement = JsonDocument.Parse(bundle.RootElement.GetProperty("dsseEnvelope").GetProperty("payload").GetBytesFromBase64());
        var resources = statement.RootElement.GetProperty("predicate").GetProperty("resources").EnumerateArray().Select(r => (Name: r.GetProperty("name").GetString()!, Digest: r.GetProperty("digest").GetString()!)).ToArray();
        // Their signer was told to leave out 'ignore-me' as well; the signature itself is left out here too.
        foreach (var name in resources.Select(r => r.Name).Append("model.sig")) File.Copy(Path.Combine(source, name), folder[name]);

        Assert.Equal(resources, Digests.Files(folder.Path).Select(f => (f.Name, Convert.ToHexStringLower(Assert.Single(f.Resources).Sha256.AsSpan()))));
        Assert.Equal("sha256:" + statement.RootElement.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString(), Digests.RootDigest(folder.Path));
    }

    [Fact]
    public void Files_are_ordered_by_the_code_points_of_their_names()
    {
        // The order is that of the specification's own example, and U+10000 (D800 DC00 in UTF-16) comes after U+FFFC.
        string[] expected = [".hidden", "Z", "a-b", "a.json", "a/b", "a0", "unet-ema/a.bin", "unet.json", "unet/a.bin", "\u00E4", "\uFB01", "\uFFFC", "\U00010000", "\U0001F600/a"];
        Write([.. expected.Reverse().Select(name => (name, name))]);

        Assert.Equal(expected, Digests.Files(folder.Path).Select(f => f.Name), StringComparer.Ordinal);
        Assert.All(Digests.Files(folder.Path), f => Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(f.Name)), Assert.Single(f.Resources).Sha256));
        Assert.Equal(Root(expected), Digests.RootDigest(folder.Path));
    }

    [Theory]
    [InlineData(".git/config")]
    [InlineData(".gitattributes")]
    [InlineData(".github/workflows/a.yml")]
    [InlineData(".gitignore")]
    [InlineData("model.sig")]
    [InlineData("modelguard-report.json")]
    [InlineData("modelguard-report.html")]
    [InlineData("modelguard.delta.safetensors")]
    [InlineData("modelguard-report.intoto.jsonl")]
    public void What_speaks_about_the_model_does_not_count_at_its_root_but_does_below(string name)
    {
        Write(("a", "a"));
        var alone = Digests.RootDigest(folder.Path);

        Write((name, "x"));
        Assert.Equal(alone, Digests.RootDigest(folder.Path));

        Write(($"inner/{name}", "x"));
        Assert.Equal(Root("a", "x"), Digests.RootDigest(folder.Path));
    }

    [Theory]
    [InlineData(".hidden")]
    [InlineData(".gitmodules")]
    [InlineData(".GIT")]
    [InlineData("Model.sig")]
    [InlineData("model.sig2")]
    [InlineData("modelguard-report")]
    [InlineData("modelguard-reports.json")]
    public void Every_other_file_counts(string name)
    {
        Write(("a", "a"));
        var alone = Digests.RootDigest(folder.Path);

        Write((name, ""));

        Assert.NotEqual(alone, Digests.RootDigest(folder.Path), StringComparer.Ordinal);
        Assert.Equal(2, Digests.Files(folder.Path).Length);
    }

    [Theory]
    [InlineData("a", "A")]
    [InlineData("a", "")]
    [InlineData("b", "B")]
    public void Every_change_of_content_changes_the_root_digest(string name, string content)
    {
        Write(("a", "a"), ("b", "b"));
        var before = Digests.RootDigest(folder.Path);

        Write((name, content));

        Assert.NotEqual(before, Digests.RootDigest(folder.Path), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_symbolic_link_is_refused(bool toFolder, bool exists)
    {
        using var elsewhere = new TemporaryFolder();
        Write(("inner/a", "a"));
        if (exists && !toFolder) File.WriteAllText(elsewhere["target"], "");
        if (exists && toFolder) Directory.CreateDirectory(elsewhere["target"]);
        File.CreateSymbolicLink(folder["inner/link"], elsewhere["target"]);

        AssertRefused($"'{folder["inner/link"]}' is a symbolic link; what it points to could change under a signature. Copy the checkpoint with its files (for example 'cp -rL') and use the copy.");
    }

    [Fact]
    public void A_folder_without_files_is_refused()
    {
        Directory.CreateDirectory(folder["inner/empty"]);
        Write((".gitignore", "x"));

        AssertRefused($"'{folder.Path}' holds no files to digest. Name the folder of a checkpoint.");
        Assert.Empty(Digests.Files(folder.Path));
    }

    [Fact]
    public void A_name_that_is_no_UTF8_is_refused_even_where_another_file_is_read_in_its_place()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have no such names.");
        Write(("a\uFFFD", "seen"));
        Shell(@"printf hidden > ""$(printf 'a\377')""");
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);

        AssertRefused($"The name of '{folder["a\uFFFD"]}' is no valid UTF-8, so the file cannot be named in a signature. Rename it, or remove it.");
        // .NET cannot even delete it.
        Shell("rm a*");
    }

    [Fact]
    public void A_named_pipe_is_refused_instead_of_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes among its files.");
        NamedPipe.Make(folder["pipe"]);

        AssertRefused($"'{folder["pipe"]}' is a named pipe, not a file, and has no content to digest. Remove it.");
    }

    [Fact]
    public void Cancellation_ends_it()
    {
        Write(("a", "a"));

        Assert.Throws<OperationCanceledException>(() => Digests.RootDigest(folder.Path, new CancellationToken(canceled: true)));
    }

    public void Dispose() => folder.Dispose();

    /// <summary>The specification's own words (§6.5.1): SHA-256 over the raw digests, one after another.</summary>
    private static string Root(params string[] contents) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData([.. contents.SelectMany(c => SHA256.HashData(Encoding.UTF8.GetBytes(c)))]));

    private void AssertRefused(string message)
    {
        var error = Assert.Throws<CheckpointException>(() => Digests.RootDigest(folder.Path));
        Assert.Equal("MG0265", error.Code);
        Assert.Equal(message, error.Message);
    }

    private void Shell(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = folder.Path })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    private void Write(params (string Name, string Content)[] files)
    {
        foreach (var (name, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], content);
        }
    }
}
