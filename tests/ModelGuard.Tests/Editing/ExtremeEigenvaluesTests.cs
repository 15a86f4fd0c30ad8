using CsCheck;
using ModelGuard.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class ExtremeEigenvaluesTests
{
    [Fact]
    public void Those_of_large_matrices_are_those_of_the_whole_spectrum() => Gen.Select(Gen.Int[ExtremeEigenvalues.Exact + 1, 400], Gen.Int[1, 500], Gen.Double[-4, 1], Gen.Int[0, 10_000]).Sample(
        (size, rows, lambda, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            // Keys of a text encoder have a few strong directions and a long tail.
            var keys = randn([rows, size], dtype: ScalarType.Float64, generator: generator) * logspace(0, -3, size, dtype: ScalarType.Float64);
            var gram = matmul(keys.t(), keys) + (Math.Pow(10, lambda) * eye(size, dtype: ScalarType.Float64));
            var spectrum = linalg.eigvalsh(gram);

            Assert.Equal(1, ExtremeEigenvalues.Largest(gram) / spectrum[-1].item<double>(), 1e-6);
            Assert.Equal(1, ExtremeEigenvalues.Smallest(gram, linalg.cholesky(gram)) / spectrum[0].item<double>(), ExtremeEigenvalues.OfInverse);
        },
        iter: 20);

    [Fact]
    public void A_multiple_of_the_identity_has_one()
    {
        using var scope = NewDisposeScope();
        var gram = 3 * eye(300, dtype: ScalarType.Float64);

        Assert.Equal(3, ExtremeEigenvalues.Largest(gram), 1e-12);
        Assert.Equal(3, ExtremeEigenvalues.Smallest(gram, linalg.cholesky(gram)), 1e-12);
    }
}
