namespace ModelGuard.Cli.Tests.Build;

/// <summary>
/// A project in a folder of its own, with blanks and letters beyond ASCII in its path, whose build imports the props and targets as a package
/// would. Nothing of this repository's build reaches it.
/// </summary>
internal sealed class BuiltProject : IDisposable
{
    private static readonly string Package = Path.Combine(RepositoryPaths.Root, "src", "ModelGuard.MSBuild");
    private static readonly string Task = Path.Combine(AppContext.BaseDirectory, "ModelGuard.MSBuild.dll");
    private readonly PolicyFolder folder = new();

    /// <param name="project">The body of the project file.</param>
    /// <param name="tool">The tool; the built one when null.</param>
    /// <param name="isSdk">Whether it is a project of the .NET SDK, which compiles something.</param>
    public BuiltProject(string project, string? tool = null, bool isSdk = true)
    {
        Directory.CreateDirectory(Root);
        var build = $"{Package}/$(_ModelGuardFolder)/ModelGuard.MSBuild";
        // As NuGet decides.
        const string Choice = "<PropertyGroup><_ModelGuardFolder>build</_ModelGuardFolder><_ModelGuardFolder Condition=\"'$(TargetFrameworks)' != '' and '$(TargetFramework)' == ''\">buildMultiTargeting</_ModelGuardFolder></PropertyGroup>";
        var properties = $"<PropertyGroup><ModelGuardTaskAssembly>{Task}</ModelGuardTaskAssembly><ModelGuardToolPath>{tool ?? Tool.Assembly}</ModelGuardToolPath><NuGetAudit>false</NuGetAudit></PropertyGroup>";
        Write("Directory.Build.props", $"<Project>{Choice}{properties}<Import Project=\"{build}.props\" /></Project>");
        Write("Directory.Build.targets", $"<Project>{Choice}<Import Project=\"{build}.targets\" /></Project>");
        Write("Directory.Packages.props", "<Project />");
        // Nothing may come from a network.
        Write("nuget.config", "<configuration><packageSources><clear /></packageSources></configuration>");
        Write("Code.cs", "namespace Built;\npublic sealed class Code;\n");
        Write("App.csproj", isSdk ? $"<Project Sdk=\"Microsoft.NET.Sdk\">{project}</Project>" : $"<Project><Import Project=\"Directory.Build.props\" />{project}<Import Project=\"Directory.Build.targets\" /></Project>");
    }

    public string Root => folder["Modelle für alle"];

    public string this[string name] => Path.Combine(Root, name);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
    }

    /// <summary>Writes a policy on a copy of the golden model that lies beside it.</summary>
    public void WritePolicy(string name, string gates = "- { id: low, metric: clip-score, on: removed, max: 2 }")
    {
        if (!Directory.Exists(this["base"])) folder.Copy(PolicyFolder.Base, Path.Combine("Modelle für alle", "base"));
        Write(name, PolicyFolder.Text(gates, baseFolder: this["base"]));
    }

    public Task<ChildProcess.Finished> BuildAsync(params string[] arguments) => RunAsync(["build", "-v:normal", "--no-restore", .. arguments]);

    public Task<ChildProcess.Finished> RestoreAndBuildAsync(params string[] arguments) => RunAsync(["build", "-v:normal", .. arguments]);

    /// <summary>Runs targets alone.</summary>
    public Task<ChildProcess.Finished> TargetAsync(string target, params string[] arguments) => RunAsync(["msbuild", "-v:normal", "-t:" + target, .. arguments]);

    /// <summary>The same with variables of its own.</summary>
    public Task<ChildProcess.Finished> TargetWithAsync((string Name, string? Value)[] environment, string target, params string[] arguments) => RunWithAsync(environment, ["msbuild", "-v:normal", "-t:" + target, .. arguments]);

    public Task<ChildProcess.Finished> CleanAsync() => RunAsync(["clean", "-v:normal"]);

    public void Dispose() => folder.Dispose();

    private Task<ChildProcess.Finished> RunAsync(string[] arguments) => RunWithAsync([], arguments);

    private Task<ChildProcess.Finished> RunWithAsync((string, string?)[] environment, string[] arguments) => DotNet.RunWithAsync(environment, Root, [arguments[0], this["App.csproj"], "-nodeReuse:false", "-tl:off", .. arguments[1..]]);
}
