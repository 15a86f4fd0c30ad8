using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

public sealed class CanonicalCompositionTests
{
    // SHA-256 over unicodedata.normalize('NFC', …) of CPython 3.11 (Unicode 14.0) for the same texts in the same order.
    private const string DigestOfTheReference = "1e32d9ff5cf0662d786021433199511b62db260481cf562a93b92ccaa72e350e";

    [Fact]
    public void All_characters_alone_and_beside_marks_compose_as_in_the_reference()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => digest.AppendData(Encoding.UTF8.GetBytes(CanonicalComposition.Compose(text)));

        for (var point = 0; point < 0x30000; point++)
        {
            if (point is >= 0xD800 and <= 0xDFFF) continue;
            var c = char.ConvertFromUtf32(point);
            Add(c);
            Add(c + "\u0301\u0323");
            Add("a" + c + "\u0302");
            Add("\u1100" + c);
            Add("\uAC00" + c);
        }

        Assert.Equal(DigestOfTheReference, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    [Theory]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("a\u0323\u0301", "\u1EA1\u0301")]
    [InlineData("a\u0301\u0323", "\u1EA1\u0301")]
    [InlineData("\u212B \u2126", "\u00C5 \u03A9")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\u30AB\u3099", "\u30AC")]
    [InlineData("\u0915\u093C", "\u0915\u093C")]
    public void Composition_follows_the_standards_rules(string text, string expected) => Assert.Equal(expected, CanonicalComposition.Compose(text));

    [Fact]
    public void The_test_runs_where_the_frameworks_own_normalisation_does_nothing()
    {
        // Should this ever fail, the table can go.
        Assert.Equal("e\u0301", "e\u0301".Normalize(NormalizationForm.FormC));
        Assert.True(CultureInfo.InvariantCulture.Equals(CultureInfo.CurrentCulture));
    }
}
