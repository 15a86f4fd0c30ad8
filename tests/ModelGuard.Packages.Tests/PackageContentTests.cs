using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace ModelGuard.Packages.Tests;

/// <summary>What is in the packages.</summary>
public sealed class PackageContentTests(Feed feed)
{
    // Of the public gallery.
    private const long LargestPackage = 250_000_000;

    private static readonly string[] Libraries = ["ModelGuard", "ModelGuard.Attestations", "ModelGuard.Checkpoints", "ModelGuard.Diffusion", "ModelGuard.GitHub", "ModelGuard.Rendering"];

    [Fact]
    public void The_package_for_builds_carries_targets_and_a_task_and_nothing_that_reaches_further() =>
        Snapshot.Verify(string.Join('\n', Names("ModelGuard.MSBuild")));

    [Fact]
    public void It_is_a_development_dependency_with_no_dependencies()
    {
        var nuspec = Nuspec("ModelGuard.MSBuild");

        Assert.Equal("true", Value(nuspec, "developmentDependency"));
        Assert.DoesNotContain(nuspec.Descendants(), e => e.Name.LocalName == "dependency");
    }

    [Fact]
    public void A_library_has_documentation_symbols_its_source_and_a_reproducible_assembly() => Assert.All(Libraries, name =>
    {
        var nuspec = Nuspec(name);
        Assert.Contains($"lib/net10.0/{name}.xml", Names(name), StringComparer.Ordinal);
        Assert.Contains("README.md", Names(name), StringComparer.Ordinal);
        Assert.Equal("MIT", Value(nuspec, "license"));
        // The commit, with which Source Link finds the sources of a published package.
        Assert.Matches("^[0-9a-f]{40}$", nuspec.Descendants().Single(e => e.Name.LocalName == "repository").Attribute("commit")!.Value);
        Assert.True(File.Exists(Path.Combine(feed.Packages, $"{name}.{Feed.Version}.snupkg")));

        using var package = Open(name);
        using var content = new MemoryStream();
        using (var assembly = package.GetEntry($"lib/net10.0/{name}.dll")!.Open()) assembly.CopyTo(content);
        content.Position = 0;
        using var reader = new PEReader(content);
        Assert.Contains(reader.ReadDebugDirectory(), e => e.Type == DebugDirectoryEntryType.Reproducible);
    });

    [Fact]
    public void Every_package_is_small_enough_for_a_gallery_and_the_pointer_names_all_of_the_tools() => Assert.Multiple(
        () => Assert.All(Directory.EnumerateFiles(feed.Packages, "*.nupkg").Select(f => new FileInfo(f).ResolveLinkTarget(returnFinalTarget: true) ?? new FileInfo(f)), f => Assert.InRange(((FileInfo)f).Length, 1, LargestPackage)),
        () =>
        {
            using var package = Open("ModelGuard.Tool");
            using var settings = package.GetEntry("tools/any/any/DotnetToolSettings.xml")!.Open();
            Assert.Equal(
                new[] { "linux-x64", "win-x64", "osx-arm64", "any" }.Select(r => (r, "ModelGuard.Tool." + r)),
                XDocument.Load(settings).Descendants("RuntimeIdentifierPackage").Select(e => (e.Attribute("RuntimeIdentifier")!.Value, e.Attribute("Id")!.Value)));
        });

    [Fact]
    public void The_property_pages_show_exactly_the_metadata_of_a_policy_and_the_properties_that_targets_read()
    {
        using var package = Open("ModelGuard.MSBuild");
        var metadata = Xml(package, "build/ModelGuard.MSBuild.props").Descendants("ModelGuardPolicy").Elements().Select(e => e.Name.LocalName).Order(StringComparer.Ordinal);
        var targets = Text(package, "build/ModelGuard.MSBuild.targets");

        Assert.Equal(metadata, Shown(package, "ModelGuardPolicy").Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(Shown(package, "ModelGuard"), name => Assert.Contains($"$({name})", targets, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Shown(ZipArchive package, string rule) => Xml(package, $"build/{rule}.xaml").Root!.Elements()
        .Where(e => e.Name.LocalName.EndsWith("Property", StringComparison.Ordinal)).Select(e => e.Attribute("Name")!.Value);

    private static XDocument Xml(ZipArchive package, string entry) => XDocument.Parse(Text(package, entry));

    private static string Text(ZipArchive package, string entry)
    {
        using var reader = new StreamReader(package.GetEntry(entry)!.Open());
        return reader.ReadToEnd();
    }

    private static string Value(XDocument nuspec, string name) => nuspec.Descendants().Single(e => e.Name.LocalName == name).Value;

    // Without what NuGet adds to every package.
    private string[] Names(string package)
    {
        using var archive = Open(package);
        return [.. archive.Entries.Select(e => e.FullName).Where(n => n is not ("[Content_Types].xml" or "_rels/.rels") && !n.StartsWith("package/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private XDocument Nuspec(string package)
    {
        using var archive = Open(package);
        return Xml(archive, package + ".nuspec");
    }

    private ZipArchive Open(string package) => ZipFile.OpenRead(Path.Combine(feed.Packages, $"{package}.{Feed.Version}.nupkg"));
}
