namespace ModelGuard.Checkpoints.Tests.Publication;

public sealed class CheckpointPublisherTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Target => folder["out"];

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public void A_new_checkpoint_appears_with_the_folders_above_it(string ending)
    {
        CheckpointPublisher.Publish(folder["a/b/out"] + ending, Fill("new"));

        AssertIs("new", folder["a/b/out"]);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder["a/b"]));
    }

    [Fact]
    public void The_old_checkpoint_is_there_until_the_new_one_is_whole()
    {
        CheckpointPublisher.Publish(Target, Fill("old"));
        File.WriteAllText(Path.Combine(Target, "only-old"), "");

        CheckpointPublisher.Publish(Target, partial =>
        {
            AssertIs("old", Target);
            Fill("new")(partial);
            AssertIs("old", Target);
        });

        AssertIs("new", Target);
        Assert.False(File.Exists(Path.Combine(Target, "only-old")));
        AssertNoLitter("out");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failure_while_filling_leaves_the_old_state_and_no_litter(bool existed)
    {
        if (existed) CheckpointPublisher.Publish(Target, Fill("old"));

        var error = Assert.Throws<InvalidOperationException>(() => CheckpointPublisher.Publish(Target, partial =>
        {
            Fill("half")(partial);
            throw new InvalidOperationException("the callback's own");
        }));

        Assert.Equal("the callback's own", error.Message);
        if (existed) AssertIs("old", Target);
        AssertNoLitter(existed ? ["out"] : []);
    }

    [Fact]
    public void A_folder_that_is_no_checkpoint_is_not_replaced()
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "thesis.tex"), "precious");

        var error = Assert.Throws<CheckpointException>(() => CheckpointPublisher.Publish(Target, NeverCalled));

        Assert.Equal("MG0260", error.Code);
        Assert.Equal($"'{Target}' holds files but no model_index.json, so it is no checkpoint and is not replaced. Name another output, or empty the folder yourself.", error.Message);
        Assert.Equal("precious", File.ReadAllText(Path.Combine(Target, "thesis.tex")));
        AssertNoLitter("out");
    }

    [Fact]
    public void An_empty_folder_is_replaced()
    {
        Directory.CreateDirectory(Target);

        CheckpointPublisher.Publish(Target, Fill("new"));

        AssertIs("new", Target);
        AssertNoLitter("out");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_at_the_target_is_not_replaced(bool linked)
    {
        File.WriteAllText(linked ? folder["elsewhere"] : Target, "precious");
        if (linked) File.CreateSymbolicLink(Target, folder["elsewhere"]);

        var error = Assert.Throws<CheckpointException>(() => CheckpointPublisher.Publish(Target, NeverCalled));

        Assert.Equal("MG0260", error.Code);
        Assert.Equal($"'{Target}' is a file; the edited checkpoint is a folder. Name another output.", error.Message);
        Assert.Equal("precious", File.ReadAllText(Target));
    }

    [Fact]
    public void The_root_of_a_file_system_is_refused()
    {
        var error = Assert.Throws<CheckpointException>(() => CheckpointPublisher.Publish(Path.GetPathRoot(folder.Path)!, NeverCalled));

        Assert.Equal("MG0260", error.Code);
        Assert.EndsWith("it is the root of a file system. Name another output.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_a_checkpoint_is_replaced_and_what_it_points_to_stays()
    {
        CheckpointPublisher.Publish(folder["elsewhere"], Fill("precious"));
        Directory.CreateSymbolicLink(Target, folder["elsewhere"]);

        CheckpointPublisher.Publish(Target, Fill("new"));

        Assert.Null(new DirectoryInfo(Target).LinkTarget);
        AssertIs("new", Target);
        AssertIs("precious", folder["elsewhere"]);
        AssertNoLitter("elsewhere", "out");
    }

    [Fact]
    public void A_link_to_a_folder_that_is_no_checkpoint_is_refused()
    {
        Directory.CreateDirectory(folder["elsewhere"]);
        File.WriteAllText(folder["elsewhere/thesis.tex"], "precious");
        Directory.CreateSymbolicLink(Target, folder["elsewhere"]);

        Assert.Equal("MG0260", Assert.Throws<CheckpointException>(() => CheckpointPublisher.Publish(Target, NeverCalled)).Code);

        Assert.Equal("precious", File.ReadAllText(folder["elsewhere/thesis.tex"]));
        AssertNoLitter("elsewhere", "out");
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_replaced()
    {
        Directory.CreateSymbolicLink(Target, folder["elsewhere"]);

        CheckpointPublisher.Publish(Target, Fill("new"));

        Assert.Null(new DirectoryInfo(Target).LinkTarget);
        AssertIs("new", Target);
        AssertNoLitter("out");
    }

    [Fact]
    public void A_link_among_the_new_files_is_not_followed_when_the_old_state_is_removed()
    {
        Directory.CreateDirectory(folder["elsewhere"]);
        File.WriteAllText(folder["elsewhere/file"], "precious");
        CheckpointPublisher.Publish(Target, partial =>
        {
            Fill("old")(partial);
            Directory.CreateSymbolicLink(Path.Combine(partial, "link"), folder["elsewhere"]);
        });

        CheckpointPublisher.Publish(Target, Fill("new"));

        Assert.Equal("precious", File.ReadAllText(folder["elsewhere/file"]));
        AssertIs("new", Target);
    }

    [Fact]
    public void Read_only_files_are_published_and_replaced()
    {
        Action<string> readOnly(string content) => partial =>
        {
            Fill(content)(partial);
            foreach (var file in Directory.EnumerateFiles(partial, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.ReadOnly);
        };
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not delete read-only files.");

        CheckpointPublisher.Publish(Target, readOnly("old"));
        CheckpointPublisher.Publish(Target, readOnly("new"));

        AssertIs("new", Target);
        AssertNoLitter("out");
    }

    public void Dispose() => folder.Dispose();

    private static Action<string> Fill(string content) => partial =>
    {
        File.WriteAllText(Path.Combine(partial, "model_index.json"), content);
        Directory.CreateDirectory(Path.Combine(partial, "unet"));
        File.WriteAllText(Path.Combine(partial, "unet", "weights"), content);
    };

    private static void NeverCalled(string partial) => Assert.Fail("A refused target must not cost the work.");

    private static void AssertIs(string content, string target)
    {
        Assert.Equal(content, File.ReadAllText(Path.Combine(target, "model_index.json")));
        Assert.Equal(content, File.ReadAllText(Path.Combine(target, "unet", "weights")));
    }

    private void AssertNoLitter(params string[] expected) =>
        Assert.Equal(expected, Directory.EnumerateFileSystemEntries(folder.Path).Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal), StringComparer.Ordinal);
}
