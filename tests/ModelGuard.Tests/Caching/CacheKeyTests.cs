using CsCheck;
using ModelGuard.Caching;

namespace ModelGuard.Tests.Caching;

public sealed class CacheKeyTests
{
    // Few letters and short texts, so that fields often run into each other; half of a surrogate pair, which no encoding keeps.
    private static readonly Gen<(string Name, string Value)[]> Descriptions = Gen.Select(Gen.String[Gen.OneOfConst('a', 'b', '\0', '\ud800', '\udc00'), 0, 3], Gen.String[Gen.OneOfConst('a', 'b', '\0', '\ufffd'), 0, 3]).Array[0, 3];

    [Fact]
    public void Two_descriptions_have_one_key_only_if_they_are_the_same() => Gen.Select(Descriptions, Descriptions).Sample((a, b) =>
        Assert.Equal(a.AsSpan().SequenceEqual(b), CacheKey.Of(a) == CacheKey.Of(b)));

    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("a", "", "", "a")]
    public void Texts_that_run_into_each_other_have_keys_of_their_own(string name, string value, string otherName, string otherValue) =>
        Assert.NotEqual(CacheKey.Of((name, value)), CacheKey.Of((otherName, otherValue)));

    [Fact]
    public void The_order_of_fields_counts() =>
        Assert.NotEqual(CacheKey.Of(("seed", "1"), ("prompt", "a star")), CacheKey.Of(("prompt", "a star"), ("seed", "1")));

    // printf "\4\0\0\0s\0e\0e\0d\0\1\0\0\0001\0" | sha256sum
    [Fact]
    public void A_key_is_the_same_in_every_version_of_the_tool() =>
        Assert.Equal("ad6cd62251167f6c17405a4e98e98673a2c68b494a79b85da018a8f6e088d411", CacheKey.Of(("seed", "1")).Digest);
}
