namespace ModelGuard.Checkpoints.Tests.Publication;

/// <summary>What the next run does with what a killed one left.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void An_unfinished_folder_of_a_killed_run_is_removed()
    {
        Make(Leftover.OfDeadProcess(".out", Leftover.Partial));
        Make(Leftover.OfThisProcessBefore(".out", Leftover.Partial));

        Publish("out");

        AssertThereAre("out");
    }

    [Fact]
    public void The_old_state_that_a_killed_run_had_moved_aside_is_put_back_before_anything_else()
    {
        Make(Leftover.OfDeadProcess(".out", Leftover.Retired), "old");

        Assert.Throws<InvalidOperationException>(() => CheckpointPublisher.Publish(folder["out"], _ =>
        {
            Assert.Equal("old", File.ReadAllText(folder["out/model_index.json"]));
            throw new InvalidOperationException();
        }));

        Assert.Equal("old", File.ReadAllText(folder["out/model_index.json"]));
        AssertThereAre("out");
    }

    [Fact]
    public void An_old_state_that_was_replaced_already_is_removed()
    {
        Make("out", "newer");
        Make(Leftover.OfDeadProcess(".out", Leftover.Retired), "old");

        Assert.Throws<InvalidOperationException>(() => CheckpointPublisher.Publish(folder["out"], _ => throw new InvalidOperationException()));

        Assert.Equal("newer", File.ReadAllText(folder["out/model_index.json"]));
        AssertThereAre("out");
    }

    [Theory]
    [InlineData(Leftover.Partial)]
    [InlineData(Leftover.Retired)]
    public void What_a_live_process_is_working_on_stays(string mark)
    {
        var live = Make(Leftover.OfLiveProcess(".out", mark));

        Publish("out");

        AssertThereAre(live, "out");
    }

    [Fact]
    public void Two_publications_of_this_process_do_not_remove_each_others_work()
    {
        CheckpointPublisher.Publish(folder["out"], outer =>
        {
            Publish("out");
            Assert.Equal("new", File.ReadAllText(folder["out/model_index.json"]));
            File.WriteAllText(Path.Combine(outer, "model_index.json"), "outer");
        });

        Assert.Equal("outer", File.ReadAllText(folder["out/model_index.json"]));
        AssertThereAre("out");
    }

    [Theory]
    [InlineData(".out.partial-old")]
    [InlineData(".out.partial-2024-11-05")]
    [InlineData(".out.retired-models")]
    [InlineData(".out.retired-")]
    public void A_folder_of_the_user_with_a_similar_name_stays(string name)
    {
        Make(name, "precious");

        Publish("out");

        Assert.Equal("precious", File.ReadAllText(folder[$"{name}/model_index.json"]));
        AssertThereAre(name, "out");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("out*")]
    [InlineData("o?t")]
    public void A_target_whose_name_is_a_pattern_takes_nothing_of_other_targets(string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        var others = Make(Leftover.OfDeadProcess(".out", Leftover.Retired), "precious");

        Publish(target);

        Assert.Equal("new", File.ReadAllText(folder[$"{target}/model_index.json"]));
        AssertThereAre(others, target);
    }

    [Fact]
    public void A_target_called_like_a_leftover_takes_nothing_of_the_target_it_looks_like()
    {
        var others = Make(Leftover.OfDeadProcess(".out.partial-b", Leftover.Retired), "precious");

        Publish("out");

        AssertThereAre(others, "out");
    }

    [Fact]
    public void A_link_that_a_killed_run_left_is_removed_and_what_it_points_to_stays()
    {
        Make("elsewhere", "precious");
        Directory.CreateSymbolicLink(folder[Leftover.OfDeadProcess(".out", Leftover.Partial)], folder["elsewhere"]);
        Directory.CreateSymbolicLink(folder[Leftover.OfDeadProcess(".out", Leftover.Partial)], folder["nowhere"]);

        Publish("out");

        Assert.Equal("precious", File.ReadAllText(folder["elsewhere/model_index.json"]));
        AssertThereAre("elsewhere", "out");
    }

    public void Dispose() => folder.Dispose();

    private void Publish(string name) => CheckpointPublisher.Publish(folder[name], partial => File.WriteAllText(Path.Combine(partial, "model_index.json"), "new"));

    private string Make(string name, string content = "")
    {
        Directory.CreateDirectory(folder[name]);
        File.WriteAllText(folder[$"{name}/model_index.json"], content);
        return name;
    }

    private void AssertThereAre(params string[] names) =>
        Assert.Equal(names.Order(StringComparer.Ordinal), Directory.EnumerateFileSystemEntries(folder.Path).Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal), StringComparer.Ordinal);
}
