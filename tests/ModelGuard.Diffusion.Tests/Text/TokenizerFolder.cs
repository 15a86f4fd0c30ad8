namespace ModelGuard.Diffusion.Tests.Text;

/// <summary>A copy of a working tokenizer folder, to be damaged.</summary>
internal sealed class TokenizerFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TokenizerFolder()
    {
        foreach (var file in Directory.EnumerateFiles(System.IO.Path.Combine(Golden.Model("sd1-tiny"), "tokenizer"))) Write(System.IO.Path.GetFileName(file), File.ReadAllText(file));
    }

    public string Path => folder.Path;

    public string Read(string name) => File.ReadAllText(folder[name]);

    public void Write(string name, string text) => File.WriteAllText(folder[name], text);

    public void Edit(string name, string old, string replacement)
    {
        var text = Read(name);
        Assert.Contains(old, text, StringComparison.Ordinal);
        Write(name, text.Replace(old, replacement, StringComparison.Ordinal));
    }

    public void Delete(string name) => File.Delete(folder[name]);

    public void Dispose() => folder.Dispose();
}
