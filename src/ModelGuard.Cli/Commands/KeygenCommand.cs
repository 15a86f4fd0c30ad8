using System.CommandLine;
using System.Text;
using System.Text.Json;
using ModelGuard.Attestations;
using ModelGuard.Attestations.Keys;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Evidence;

namespace ModelGuard.Cli.Commands;

/// <summary><c>keygen</c>: an EC key pair, without LibTorch.</summary>
internal static class KeygenCommand
{
    public static Command Create(CommonOptions options)
    {
        var target = new Option<string>("--output", "-o") { Description = "Where the private key goes, readable by you alone.", Required = true };
        var publicTarget = new Option<string>("--public-output") { Description = "Where the public key goes.", Required = true };
        var curve = new Option<string>("--curve") { Description = "The curve: p256, p384 or p521.", DefaultValueFactory = _ => "p256" };
        curve.AcceptOnlyFromAmong("p256", "p384", "p521");
        var password = new Option<string?>("--password-variable") { Description = $"The environment variable with the password that protects the private key; {EvidenceOptions.DefaultPasswordVariable} when left out, and no password when that is not set." };
        var command = new ToolCommand("keygen", "Makes a key pair to sign models with.", "modelguard keygen --output key.pem --public-output key.pub.pem") { target, publicTarget, curve, password };
        command.Runs(options, (parse, output, _) =>
        {
            var (path, publicPath) = (Path.GetFullPath(parse.GetRequiredValue(target)), Path.GetFullPath(parse.GetRequiredValue(publicTarget)));
            if (path == publicPath) throw new AttestationException("MG2016", $"Both keys would go to '{path}'. Name two files.");
            // A key that is replaced is lost, and with it every proof that it could still make.
            foreach (var existing in new[] { path, publicPath }.Where(Path.Exists)) throw new AttestationException("MG2016", $"'{existing}' is there already and is not replaced. Name another file, or remove it yourself.");
            var secret = KeyText.Password(parse.GetValue(password));
            using var key = EcPrivateKey.Create(Enum.Parse<SigningCurve>(parse.GetRequiredValue(curve), ignoreCase: true));
            using var publicKey = key.PublicKey;
            AtomicFile.WriteSecret(path, Encoding.ASCII.GetBytes(key.ToPem(secret)));
            AtomicFile.Write(publicPath, Encoding.ASCII.GetBytes(publicKey.Pem));
            if (output.Json) output.Standard.WriteLine(JsonSerializer.Serialize(new KeygenResult(path, publicPath, publicKey.Hint, secret is not null), EvidenceJson.Default.KeygenResult));
            else output.Say($"Wrote a private key {(secret is null ? "without a password" : "protected by a password")} to '{path}' and its public half, with hint {publicKey.Hint}, to '{publicPath}'.");
            return ExitCodes.Success;
        });
        return command;
    }
}
