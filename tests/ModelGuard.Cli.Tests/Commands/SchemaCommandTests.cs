namespace ModelGuard.Cli.Tests.Commands;

public sealed class SchemaCommandTests
{
    private static readonly string Published = Path.Combine(RepositoryPaths.Root, "docs", "schemas", "policy-v1.schema.json");

    [Fact]
    public async Task The_published_schema_is_printed_or_written_byte_for_byte_without_LibTorch()
    {
        using var folder = new TemporaryFolder();
        (string, string?)[] without = [("MODELGUARD_LIBTORCH", "/no/such/folder")];

        var printed = await Tool.RunInAsync(null, without, "schema");
        var written = await Tool.RunInAsync(folder.Path, without, "schema", "--output", "new/policy.schema.json");

        Assert.True(printed.ExitCode == 0, printed.All);
        Assert.Equal(await File.ReadAllTextAsync(Published), printed.Output);
        Assert.True(written.ExitCode == 0, written.All);
        Assert.Empty(written.Output);
        Assert.Equal(await File.ReadAllBytesAsync(Published), await File.ReadAllBytesAsync(folder["new/policy.schema.json"]));
    }
}
