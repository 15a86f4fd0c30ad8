namespace ModelGuard.Tests.Policies.Schema;

/// <summary>Holds the tables of <c>docs/policy.md</c> against the schema.</summary>
public sealed class PolicyReferenceTests
{
    [Fact]
    public void The_tables_of_the_policy_page_are_those_of_the_schema()
    {
        var path = Path.Combine(RepositoryPaths.Root, "docs", "policy.md");
        var received = Path.Combine(RepositoryPaths.Root, "docs", "policy.received.md");
        var page = File.ReadAllText(path);

        var (renewed, tables) = PolicyReference.Renew(page);

        Assert.Equal(["policy", "model", "edit", "generation", "attack", "concept", "preserved", "gate", "waiver"], tables, StringComparer.Ordinal);
        if (renewed == page) File.Delete(received);
        else File.WriteAllText(received, renewed);
        Assert.True(renewed == page, $"'{path}' is not what the schema says. Compare it with '{received}'; if the new text is right, move it there.");
    }
}
