using ModelGuard.Verdicts;

namespace ModelGuard.Tracing;

/// <summary>One control at the best site.</summary>
/// <param name="Share">What it changed, as a share of clean − corrupted.</param>
/// <param name="Margin">Of a donor or a random direction: by how much the clean state does more. Of the other direction: how much it takes away.</param>
/// <param name="MarginInterval">Its 95 % bootstrap interval.</param>
public sealed record ControlEffect(double Share, double Margin, Interval MarginInterval)
{
    /// <summary>Whether the control behaved as it must.</summary>
    public bool Passed => MarginInterval.Low > 0;
}

/// <summary>
/// What must hold before a trace says anything (after Zhang and Nanda, 2024): an identity patch changes nothing, and a donor that has nothing to
/// do with the subject and a random direction of the same length do less than the clean state. The other direction, the corrupted state in a
/// clean run, tells whether the site is also necessary; where it is not, the model holds the same in another place, too.
/// </summary>
/// <param name="IdentityIsExact">Whether runs patched with their own states were the same, bit for bit.</param>
/// <param name="Donor">States of an unrelated prompt.</param>
/// <param name="Random">A random direction as long as the step from corrupted to clean.</param>
/// <param name="Reverse">The corrupted state, put into a clean run.</param>
public sealed record TraceControls(bool IdentityIsExact, ControlEffect Donor, ControlEffect Random, ControlEffect Reverse)
{
    /// <summary>Whether all controls behaved; a trace whose controls did not is inconclusive.</summary>
    public bool Passed => IdentityIsExact && Donor.Passed && Random.Passed;

    /// <summary>Whether the corrupted state takes the subject out of a clean run.</summary>
    public bool IsNecessary => Reverse.Passed;

    /// <summary>Judges values of the same prompts and draws.</summary>
    /// <param name="identityIsExact">As above.</param>
    /// <param name="values">The values.</param>
    internal static TraceControls Of(bool identityIsExact, ControlValues values)
    {
        double[] high = [.. values.High], low = [.. values.Low], restored = [.. values.Restored];
        return new TraceControls(identityIsExact, Against([.. values.Donor]), Against([.. values.Random]), Reversed([.. values.Reverse]));

        ControlEffect Against(double[] control)
        {
            double Margin(double[] m) => (m[0] - m[1]) / (m[2] - m[3]);
            var columns = new[] { restored, control, high, low };
            return new ControlEffect((control.Average() - low.Average()) / (high.Average() - low.Average()), Margin(Means(columns)), Statistics.Bootstrap(columns, Margin));
        }

        ControlEffect Reversed(double[] noised)
        {
            double Margin(double[] m) => (m[1] - m[0]) / (m[1] - m[2]);
            var columns = new[] { noised, high, low };
            return new ControlEffect((noised.Average() - low.Average()) / (high.Average() - low.Average()), Margin(Means(columns)), Statistics.Bootstrap(columns, Margin));
        }

        static double[] Means(double[][] columns) => [.. columns.Select(c => c.Average())];
    }
}

/// <summary>Values of the controls, collected over prompts; one for each prompt and draw.</summary>
internal sealed class ControlValues
{
    public List<double> High { get; } = [];

    public List<double> Low { get; } = [];

    public List<double> Restored { get; } = [];

    public List<double> Donor { get; } = [];

    public List<double> Random { get; } = [];

    public List<double> Reverse { get; } = [];
}
