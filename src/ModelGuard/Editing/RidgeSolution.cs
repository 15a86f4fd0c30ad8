using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>The solution of one ridge system.</summary>
/// <param name="Weight">The edited weight W [m, d], float64.</param>
/// <param name="ConditionNumber">Largest ÷ smallest eigenvalue of λI + C + Σ w kkᵀ; above a width of 256 to within one or two per cent.</param>
/// <param name="Residual">‖W K − V‖ ÷ ‖V‖ over the edit's own rows.</param>
public sealed record RidgeSolution(Tensor Weight, double ConditionNumber, double Residual);
