namespace ModelGuard.Tracing;

/// <summary>What of a network is read or replaced at a site.</summary>
public enum SiteKind
{
    /// <summary>The state after a whole text encoder layer.</summary>
    Block,

    /// <summary>The output of self-attention: <c>self_attn.out_proj</c> in a text encoder, <c>attn1</c> in a UNet.</summary>
    SelfAttention,

    /// <summary>The output of the MLP of a text encoder layer (<c>mlp.fc2</c>).</summary>
    Mlp,

    /// <summary>The output of a resnet of the UNet.</summary>
    Resnet,

    /// <summary>The output of cross-attention of the UNet (<c>attn2</c>).</summary>
    CrossAttention,

    /// <summary>The output of a feed-forward of the UNet (<c>ff</c>).</summary>
    FeedForward,

    /// <summary>The keys and values of cross-attention of the UNet (<c>attn2.to_k</c>, <c>attn2.to_v</c>).</summary>
    KeysAndValues,
}
