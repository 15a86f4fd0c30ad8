using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Tests.Clip;
using ModelGuard.Diffusion.Tests.Unet;
using ModelGuard.Diffusion.Tests.Vae;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>The networks give the reference's numbers whichever way a processor makes the self-test choose.</summary>
public sealed class GoldenThroughOtherWaysTests
{
    private static readonly string[] Namespaces = ["Clip", "Pipeline", "Unet", "Vae"];

    [Fact]
    public async Task All_network_tests_pass_through_the_padded_way()
    {
        Type[] networks = [.. typeof(GoldenThroughOtherWaysTests).Assembly.GetTypes().Where(t => Namespaces.Any(n => t.Namespace == $"ModelGuard.Diffusion.Tests.{n}") && t.Name.EndsWith("Tests", StringComparison.Ordinal))];
        Assert.All([typeof(UNet2DConditionModelTests), typeof(AutoencoderKLTests), typeof(CLIPModelTests)], t => Assert.Contains(t, networks));

        var outcome = await TestProcess.RunAsync([typeof(ConvolutionChoiceTests), .. networks], (ConvolutionChoice.Variable, "padded"));

        outcome.AssertPassed(atLeast: 40);
    }

    [Fact]
    public async Task The_process_takes_the_way_without_oneDnn_when_it_is_asked_to()
    {
        var outcome = await TestProcess.RunAsync([typeof(ConvolutionChoiceTests), typeof(CLIPModelTests)], (ConvolutionChoice.Variable, "without-onednn"));

        outcome.AssertPassed(atLeast: 12);
    }

    [Fact]
    public async Task An_unknown_way_stops_the_process_from_computing()
    {
        var outcome = await TestProcess.RunAsync([typeof(CLIPModelTests)], (ConvolutionChoice.Variable, "fastest"));

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("The environment variable MODELGUARD_CONVOLUTIONS is 'fastest'.", outcome.Output, StringComparison.Ordinal);
    }
}
