namespace ModelGuard.Checkpoints.Tests.Publication;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_file_is_written_with_the_folders_above_it_and_without_litter()
    {
        AtomicFile.Write(folder["a/b/file"], "new"u8);

        Assert.Equal("new", File.ReadAllText(folder["a/b/file"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder["a/b"]));
    }

    [Fact]
    public void The_old_content_is_there_until_the_new_one_is_whole()
    {
        File.WriteAllText(folder["file"], "old");

        AtomicFile.Write(folder["file"], stream =>
        {
            stream.Write("ne"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(folder["file"]));
            stream.Write("w"u8);
        });

        Assert.Equal("new", File.ReadAllText(folder["file"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failure_while_writing_leaves_the_old_state_and_no_litter(bool existed)
    {
        if (existed) File.WriteAllText(folder["file"], "old");

        var error = Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder["file"], stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException("the callback's own");
        }));

        Assert.Equal("the callback's own", error.Message);
        Assert.Equal(existed ? [("file", "old")] : [], Directory.EnumerateFiles(folder.Path).Select(f => (Path.GetFileName(f), File.ReadAllText(f))));
    }

    [Fact]
    public void A_folder_at_the_target_stays_and_no_litter_is_left()
    {
        Directory.CreateDirectory(folder["target"]);

        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["target"], "new"u8));

        Assert.Equal(folder["target"], Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["target"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_at_the_target_is_replaced_and_not_written_through(bool dangling)
    {
        if (!dangling) File.WriteAllText(folder["precious"], "precious");
        File.CreateSymbolicLink(folder["file"], folder["precious"]);

        AtomicFile.Write(folder["file"], "new"u8);

        Assert.Null(new FileInfo(folder["file"]).LinkTarget);
        Assert.Equal("new", File.ReadAllText(folder["file"]));
        if (dangling) Assert.False(File.Exists(folder["precious"]));
        else Assert.Equal("precious", File.ReadAllText(folder["precious"]));
    }

    [Fact]
    public void Both_names_of_a_hard_link_are_not_changed_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "ln is not part of Windows.");
        File.WriteAllText(folder["precious"], "precious");
        using (var ln = System.Diagnostics.Process.Start("ln", [folder["precious"], folder["file"]])) ln.WaitForExit();

        AtomicFile.Write(folder["file"], "new"u8);

        Assert.Equal(("new", "precious"), (File.ReadAllText(folder["file"]), File.ReadAllText(folder["precious"])));
    }

    [Fact]
    public void What_a_killed_run_left_is_removed_and_what_others_have_stays()
    {
        string[] kept = [Leftover.OfLiveProcess("file", Leftover.Partial), "file.partial-notes", "file.partial-", "file2.partial-1-x", Leftover.OfDeadProcess("file2", Leftover.Partial), "other"];
        foreach (var name in kept.Append(Leftover.OfDeadProcess("file", Leftover.Partial)).Append(Leftover.OfThisProcessBefore("file", Leftover.Partial))) File.WriteAllText(folder[name], "");

        AtomicFile.Write(folder["file"], "new"u8);

        Assert.Equal(kept.Append("file").Order(StringComparer.Ordinal), Directory.EnumerateFiles(folder.Path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void Writers_of_this_process_do_not_remove_each_others_unfinished_files()
    {
        AtomicFile.Write(folder["file"], outer =>
        {
            outer.Write("outer"u8);
            AtomicFile.Write(folder["file"], "inner"u8);
            Assert.Equal("inner", File.ReadAllText(folder["file"]));
        });

        Assert.Equal("outer", File.ReadAllText(folder["file"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    public void Dispose() => folder.Dispose();
}
