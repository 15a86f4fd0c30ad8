using System.Collections.Immutable;

namespace ModelGuard.Editing.Methods;

/// <summary>
/// An update of the second MLP projection (<c>mlp.fc2</c>) of some text encoder layers, the place that ReFACT (Arad et al., 2024) and EMCID
/// (Xiong et al., 2024) edit. Their target states come from gradients; here they are the states that the unedited encoder has for the target.
/// Several layers share what is missing as in MEMIT (Meng et al., "Mass-Editing Memory in a Transformer", ICLR 2023, section 4.3), which also
/// gives the covariance.
/// </summary>
public sealed class TextEncoderMlp : IEditMethod
{
    /// <summary>The name in a policy.</summary>
    public const string MethodName = "text-encoder-mlp";

    /// <inheritdoc />
    public string Name => MethodName;

    /// <inheritdoc />
    public ImmutableArray<EditedTensor> Solve(EditTask task) => TextEncoderEdit.Solve(task, new TextEncoderRecipe(EncoderSite.Fc2, EditPlan.Create) { IsSpread = true });
}
