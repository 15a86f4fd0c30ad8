using ModelGuard.Diffusion.Backend;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Backend;

public sealed class ComputeTypeTests
{
    [Theory]
    [InlineData("float32", ScalarType.Float32)]
    [InlineData("bfloat16", ScalarType.BFloat16)]
    public void A_name_stands_for_a_type_and_the_type_for_its_name(string name, ScalarType type)
    {
        Assert.Equal(type, ComputeType.Parse(name, CPU, hasBFloat16: true));
        Assert.Equal(name, ComputeType.Name(type));
        Assert.Contains(name, ComputeType.Names, StringComparer.Ordinal);
    }

    [Fact]
    public void A_processor_without_instructions_for_bfloat16_refuses_it_and_computes_in_float32()
    {
        var error = Assert.Throws<BackendException>(() => ComputeType.Parse("bfloat16", CPU, hasBFloat16: false));

        Assert.Equal("MG0006", error.Code);
        Assert.EndsWith("'--dtype float32'.", error.Message, StringComparison.Ordinal);
        Assert.Equal(ScalarType.Float32, ComputeType.Parse("float32", CPU, hasBFloat16: false));
        Assert.Equal(ScalarType.BFloat16, ComputeType.Parse("bfloat16", new Device(DeviceType.CUDA), hasBFloat16: false));
    }

    [Fact]
    public void Other_types_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ComputeType.Parse("float16", CPU));
        Assert.Throws<ArgumentOutOfRangeException>(() => ComputeType.Name(ScalarType.Float16));
    }

    [Fact]
    public void What_the_processor_says_is_what_the_system_says()
    {
        const string Flags = "/proc/cpuinfo";
        Assert.SkipUnless(File.Exists(Flags) && System.Runtime.Intrinsics.X86.X86Base.IsSupported, "This system does not list the processor's flags.");
        var flags = File.ReadLines(Flags).First(l => l.StartsWith("flags", StringComparison.Ordinal)).Split(' ');

        Assert.Equal(flags.Contains("avx512_bf16", StringComparer.Ordinal) || flags.Contains("amx_bf16", StringComparer.Ordinal), ComputeType.HasBFloat16);
    }
}
