using CsCheck;
using ModelGuard.GitHub.Comments;

namespace ModelGuard.GitHub.Tests.Comments;

public sealed class CommentMarkerTests
{
    [Fact]
    public void A_marker_looks_like_this() => Assert.Equal("<!-- modelguard:report:shapes.yaml v1 -->", CommentMarker.For("shapes.yaml").Text);

    [Theory]
    [InlineData("")]
    [InlineData("a--b")]
    [InlineData("a b")]
    [InlineData("-->")]
    [InlineData("a\n")]
    [InlineData("-a")]
    public void A_key_that_could_end_the_marker_is_none(string key) => Assert.Null(CommentMarker.TryCreate(key));

    [Fact]
    public void Any_text_becomes_a_key_that_is_one() => Gen.String.Sample(text => Assert.NotNull(CommentMarker.TryCreate(CommentMarker.For(text).Key)));

    [Fact]
    public void A_marker_of_another_key_does_not_mark()
    {
        var marker = CommentMarker.For("shapes.yaml");

        Assert.True(marker.Marks(marker.Text + "\n## ModelGuard"));
        Assert.False(marker.Marks(CommentMarker.For("shapes.yaml2").Text));
        Assert.False(marker.Marks("> " + marker.Text));
        Assert.False(marker.Marks(null));
    }
}
