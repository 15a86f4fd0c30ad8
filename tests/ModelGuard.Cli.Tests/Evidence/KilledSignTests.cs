using System.Diagnostics;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>Signing that is killed at random moments. Signatures of the same key differ each time, so what is there must verify.</summary>
public sealed class KilledSignTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    private const int Kills = 13;

    [Fact]
    public async Task A_killed_sign_leaves_no_half_of_a_signature_and_a_second_run_signs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        using var folder = new PolicyFolder();
        var (model, key, publicKey) = (folder.Copy(edited.Folder.Output, "model"), folder["key.pem"], folder["key.pub.pem"]);
        string[] written = [Path.Combine(model, "modelguard-report.intoto.jsonl"), Path.Combine(model, "model.sig")];
        string[] sign = ["sign", model, "--private-key", key];
        Assert.Equal(0, (await InProcess.RunAsync(SomeAuthority.Day, "keygen", "--output", key, "--public-output", publicKey)).ExitCode);
        var start = Stopwatch.GetTimestamp();
        Assert.Equal(0, (await Tool.RunAsync(sign)).ExitCode);
        var duration = Stopwatch.GetElapsedTime(start);
        foreach (var file in written) File.Delete(file);
        var (before, random, killed) = (PolicyFolder.State(model), new Random(5), 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            using (var process = Tool.Start(sign))
            {
                // Most of a run is its start: every other kill waits until something is written.
                if (kill % 2 == 0) await Task.Delay(duration * random.NextDouble(), TestContext.Current.CancellationToken);
                else while (!process.HasEnded && !Directory.EnumerateFiles(model, kill % 4 == 1 ? "*.jsonl*" : "model.sig*").Any()) Thread.Yield();
                if (kill % 4 == 1) Thread.SpinWait(1 << random.Next(20));
                process.Kill();
                if ((await process.WaitAsync()).ExitCode != 0) killed++;
            }

            // Each file is whole: the signature comes last, and vouches for the model alone.
            if (File.Exists(written[1])) await VerifyAsync(model, publicKey);
            else if (File.Exists(written[0])) Assert.EndsWith("}\n", await File.ReadAllTextAsync(written[0], TestContext.Current.CancellationToken), StringComparison.Ordinal);
            var again = await Tool.RunAsync(sign);
            Assert.True(again.ExitCode == 0, again.All);
            await VerifyAsync(model, publicKey);
            foreach (var file in written) File.Delete(file);
            // Neither a changed input nor anything left over.
            Assert.Equal(before, PolicyFolder.State(model));
        }

        Assert.NotEqual(0, killed);
    }

    [Fact]
    public async Task What_a_killed_sign_left_is_removed_before_files_are_listed()
    {
        using var model = await SignedModel.CreateAsync(ModelGuard.Attestations.Keys.SigningCurve.P256);
        // No process has this number: it is above the largest that Linux gives.
        model.Write("model.sig.partial-2000000000-" + new string('0', 32), "{");

        var (exitCode, _, error) = await InProcess.RunAsync(SomeAuthority.Day, "sign", model.Model, "--private-key", model["key.pem"]);

        Assert.True(exitCode == 0, error);
        Assert.Equal(0, (await model.VerifyAsync()).ExitCode);
    }

    private static async Task VerifyAsync(string model, string publicKey)
    {
        var (exitCode, _, error) = await InProcess.RunAsync(SomeAuthority.Day, "verify", model, "--only", "signature,digest", "--public-key", publicKey);
        Assert.True(exitCode == 0, error);
    }
}
