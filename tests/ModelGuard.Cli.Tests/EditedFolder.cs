namespace ModelGuard.Cli.Tests;

/// <summary>The golden model, edited once for all tests of a class, which leave it as it is.</summary>
public sealed class EditedFolder : IAsyncLifetime
{
    internal PolicyFolder Folder { get; } = new();

    internal ChildProcess.Finished Edit { get; private set; } = new(-1, "", "");

    public async ValueTask InitializeAsync() => Edit = await Tool.RunAsync("edit", Folder.Policy);

    public ValueTask DisposeAsync()
    {
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
