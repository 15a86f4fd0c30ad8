namespace ModelGuard.Verdicts;

/// <summary>The regularised incomplete beta function, from which the tails of the binomial and of Student's distribution follow (NIST Digital Library of Mathematical Functions, 8.17).</summary>
internal static class IncompleteBeta
{
    private const int Terms = 10_000;
    private const int Halvings = 200;
    private const double Precision = 1e-15;

    // Keeps a partial denominator from vanishing.
    private const double Tiny = 1e-300;

    /// <summary>I_x(a, b) for a, b &gt; 0 and x from 0 to 1.</summary>
    public static double Of(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        // The continued fraction converges fast on this side (8.17.22); the other follows by symmetry (8.17.4).
        if (x > (a + 1) / (a + b + 2)) return 1 - Of(1 - x, b, a);
        var front = Math.Exp((a * Math.Log(x)) + (b * Math.Log(1 - x)) + LogGamma(a + b) - LogGamma(a) - LogGamma(b)) / a;
        return front * Fraction(x, a, b);
    }

    /// <summary>The x at which I_x(a, b) is p, by halving.</summary>
    public static double Inverse(double p, double a, double b)
    {
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < Halvings && high - low > Precision * high; i++)
        {
            var middle = (low + high) / 2;
            if (Of(middle, a, b) < p) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>1 ÷ (1 + d₁ ÷ (1 + d₂ ÷ …)), by Lentz's method.</summary>
    private static double Fraction(double x, double a, double b)
    {
        var (c, d) = (1.0, 1 / NotZero(1 - ((a + b) * x / (a + 1))));
        var result = d;
        for (var m = 1; m < Terms; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / NotZero(1 + (even * d));
            c = NotZero(1 + (even / c));
            result *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / NotZero(1 + (odd * d));
            c = NotZero(1 + (odd / c));
            result *= d * c;
            if (Math.Abs((d * c) - 1) < Precision) break;
        }

        return result;
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    /// <summary>ln Γ(x) for x &gt; 0: Stirling's series (5.11.1), where it is exact to double precision.</summary>
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 15; x++) shift += Math.Log(x);
        var square = 1 / (x * x);
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + ((1.0 / 12 - (square * (1.0 / 360 - (square * (1.0 / 1260 - (square * (1.0 / 1680))))))) / x) - shift;
    }
}
