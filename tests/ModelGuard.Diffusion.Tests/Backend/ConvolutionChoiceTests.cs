using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Diffusion.Tests.Backend;

public sealed class ConvolutionChoiceTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("auto", null)]
    [InlineData("direct", ConvolutionPath.Direct)]
    [InlineData("padded", ConvolutionPath.Padded)]
    [InlineData("without-onednn", ConvolutionPath.WithoutOneDnn)]
    public void The_variable_names_a_way(string? value, ConvolutionPath? expected) => Assert.Equal(expected, ConvolutionChoice.Parse(value));

    [Theory]
    [InlineData("Padded")]
    [InlineData("none")]
    [InlineData(" ")]
    [InlineData("1")]
    public void Another_value_is_an_error_that_lists_the_allowed_ones(string value)
    {
        var error = Assert.Throws<BackendException>(() => ConvolutionChoice.Parse(value));

        Assert.Equal("MG0011", error.Code);
        Assert.Equal($"The environment variable MODELGUARD_CONVOLUTIONS is '{value}'. Allowed are 'auto', 'direct', 'padded', 'without-onednn'; without it the arithmetic self-test chooses.", error.Message);
    }

    [Fact]
    public void The_process_takes_the_way_that_the_environment_asks_for()
    {
        // Run in a process of its own with the variable set, this is the proof that the variable arrives.
        var requested = ConvolutionChoice.Parse(Environment.GetEnvironmentVariable(ConvolutionChoice.Variable));

        Assert.Equal(requested ?? NativeBackend.Arithmetic.Path, NativeBackend.RequireConvolutionPath());
        Assert.NotEqual(ConvolutionPath.None, NativeBackend.Arithmetic.Path);
    }
}
