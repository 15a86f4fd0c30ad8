using System.ComponentModel;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>
/// <c>@sigstore/verify</c> of npm, which this project did not write, as a judge of bundles. It comes from the folder that
/// <see cref="Variable"/> names, or is installed into a temporary one; without Node.js or a registry its tests are skipped.
/// </summary>
public sealed class SigstoreJudge : IAsyncLifetime
{
    /// <summary>Names a <c>node_modules</c> folder that holds the packages.</summary>
    public const string Variable = "MODELGUARD_TEST_NODE_MODULES";

    private static readonly string[] Packages = ["@sigstore/verify@3.1.1", "@sigstore/bundle@4.0.0"];
    private readonly TemporaryFolder folder = new();
    private string? modules;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(folder["judge.cjs"], Script);
        modules = Environment.GetEnvironmentVariable(Variable) ?? await InstallAsync();
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether the judge accepts a bundle under a public key, and what it says.</summary>
    internal async Task<(bool Accepts, string Says)> JudgeAsync(string bundle, string publicKey)
    {
        Assert.SkipWhen(modules is null, $"There is no Node.js here, or @sigstore/verify cannot be installed; a folder with it can be named in {Variable}.");
        var judged = await ChildProcess.RunAsync("node", [folder["judge.cjs"], bundle, publicKey], null, ("NODE_PATH", modules));
        Assert.True(judged.ExitCode is 0 or 1, judged.All);
        return (judged.ExitCode == 0, judged.Output.Trim());
    }

    private async Task<string?> InstallAsync()
    {
        try
        {
            var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
            var install = await ChildProcess.RunAsync(npm, ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=20000", .. Packages], folder.Path);
            return install.ExitCode == 0 ? folder["node_modules"] : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    // No logs and no timestamps: a key-signed bundle of OpenSSF model signing has neither.
    private const string Script = """
        const { readFileSync } = require('fs');
        const { createPublicKey } = require('crypto');
        const { bundleFromJSON } = require('@sigstore/bundle');
        const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
        const [bundle, key] = process.argv.slice(2).map(f => readFileSync(f, 'utf8'));
        const nothing = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] };
        const trust = toTrustMaterial(nothing, () => ({ publicKey: createPublicKey(key), validFor: () => true }));
        try {
          new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle))));
          console.log('accepted');
        } catch (e) {
          console.log(e.code ?? e.message);
          process.exitCode = 1;
        }
        """;
}
