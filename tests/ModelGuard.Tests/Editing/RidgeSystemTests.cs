using CsCheck;
using ModelGuard.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class RidgeSystemTests
{
    // Weight [m, d], rows of edit and of preserve, λ, μ.
    private static readonly Gen<(int M, int D, int Rows, int Kept, double Lambda, double Mu, int Seed)> Systems =
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 8], Gen.Int[1, 12], Gen.Int[0, 12], Gen.Double[-3, 2].Select(e => Math.Pow(10, e)), Gen.Double[0.1, 5], Gen.Int[0, 1_000_000]);

    // The condition number is at most 4229, so float64 promises about 10⁻¹²; the reference forms an inverse and loses a digit.
    [Theory]
    [InlineData(1, "0.01")]
    [InlineData(1, "0.1")]
    [InlineData(3, "0.01")]
    [InlineData(3, "0.1")]
    [InlineData(10, "0.01")]
    [InlineData(10, "0.1")]
    public void The_solution_equals_the_references(int edits, string lambda)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("edit", "edit");
        var expected = golden[$"W.n{edits}.lambda{lambda}"];

        var solution = RidgeSystem.Solve(golden["W0"], new Constraints(golden["keys"].narrow(0, 0, edits), golden["values"].narrow(0, 0, edits), 1), null, double.Parse(lambda, System.Globalization.CultureInfo.InvariantCulture));

        Assert.InRange(((solution.Weight - expected).norm() / expected.norm()).item<double>(), 0, 1e-11);
    }

    [Fact]
    public void The_condition_number_equals_the_references()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("edit", "edit");

        var solution = RidgeSystem.Solve(golden["W0"], new Constraints(golden["keys"], golden["values"], 1), null, 0.01);

        Assert.Equal(4229, solution.ConditionNumber, 1.0);
    }

    [Fact]
    public void The_solution_is_that_of_the_normal_equations_by_elimination() => Systems.Sample(
        s =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit, preserve) = Make(s);

            var solution = RidgeSystem.Solve(weight, edit, preserve, s.Lambda);

            var expected = BruteForce(weight, [edit, preserve], s.Lambda);
            Assert.InRange((solution.Weight - expected).norm().item<double>(), 0, 1e-13 * solution.ConditionNumber * (1 + expected.norm().item<double>()));
        },
        iter: 200);

    [Fact]
    public void The_objective_is_stationary_at_the_solution() => Systems.Sample(
        s =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit, preserve) = Make(s);

            var w = RidgeSystem.Solve(weight, edit, preserve, s.Lambda).Weight;

            var gradient = s.Lambda * (w - weight);
            var scale = gradient.norm().item<double>();
            foreach (var rows in new[] { edit, preserve })
            {
                var part = rows.Weight * matmul((matmul(rows.Keys, w.t()) - rows.Values!).t(), rows.Keys);
                scale += rows.Weight * rows.Keys.norm().item<double>() * (matmul(rows.Keys, weight.t()) - rows.Values!).norm().item<double>();
                gradient += part;
            }

            Assert.InRange(gradient.norm().item<double>(), 0, 1e-11 * (scale + 1e-9));
        },
        iter: 200);

    [Fact]
    public void The_order_of_the_rows_changes_nothing_down_to_the_last_bit() => Systems.Sample(
        s =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit, preserve) = Make(s);
            var first = RidgeSystem.Solve(weight, edit, preserve, s.Lambda);

            var second = RidgeSystem.Solve(weight, Shuffled(edit, s.Seed), Shuffled(preserve, s.Seed), s.Lambda);

            Assert.Equal(first.Weight.bytes.ToArray(), second.Weight.bytes.ToArray());
            Assert.Equal((first.ConditionNumber, first.Residual), (second.ConditionNumber, second.Residual));
        },
        iter: 300);

    [Fact]
    public void Values_that_keys_share_count_as_if_each_key_had_its_own() => Systems.Sample(
        s =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit, preserve) = Make(s with { Rows = s.Rows + 8 });
            var shared = edit with { Values = edit.Values![..3], ValueRows = arange(s.Rows + 8).remainder(3) };

            var (once, repeated) = (RidgeSystem.Solve(weight, shared, preserve, s.Lambda), RidgeSystem.Solve(weight, edit with { Values = shared.ExpandedValues }, preserve, s.Lambda));

            Assert.InRange((once.Weight - repeated.Weight).norm().item<double>(), 0, 1e-13 * once.ConditionNumber * (1 + repeated.Weight.norm().item<double>()));
            Assert.Equal(repeated.Residual, once.Residual, 1e-7);
        },
        iter: 200);

    [Fact]
    public void More_rows_than_are_multiplied_together_give_the_solution_of_the_normal_equations()
    {
        using var scope = NewDisposeScope();
        var (weight, edit, preserve) = Make((3, 4, 2500, 1100, 0.1, 2, 5));

        var solution = RidgeSystem.Solve(weight, edit, preserve, 0.1);

        Assert.InRange((solution.Weight - BruteForce(weight, [edit, preserve], 0.1)).norm().item<double>(), 0, 1e-11);
        Assert.Equal(((matmul(edit.Keys, solution.Weight.t()) - edit.Values!).norm() / edit.Values!.norm()).item<double>(), solution.Residual, 1e-12);
    }

    [Fact]
    public void A_weight_counts_as_that_many_rows_and_zero_as_none()
    {
        using var scope = NewDisposeScope();
        var (weight, edit, preserve) = Make((4, 5, 6, 3, 0.1, 1, 11));

        var weighted = RidgeSystem.Solve(weight, edit, preserve with { Weight = 3 }, 0.1).Weight;
        var repeated = RidgeSystem.Solve(weight, edit, new Constraints(cat([preserve.Keys, preserve.Keys, preserve.Keys]), cat([preserve.Values!, preserve.Values!, preserve.Values!]), 1), 0.1).Weight;
        var without = RidgeSystem.Solve(weight, edit, preserve with { Weight = 0 }, 0.1).Weight;
        var none = RidgeSystem.Solve(weight, edit, null, 0.1).Weight;

        Assert.InRange((weighted - repeated).norm().item<double>(), 0, 1e-12);
        Assert.Equal(none.bytes.ToArray(), without.bytes.ToArray());
        Assert.True((weighted - none).norm().item<double>() > 1e-3);
    }

    [Fact]
    public void More_weight_on_what_is_kept_moves_it_less()
    {
        using var scope = NewDisposeScope();
        var (weight, edit, preserve) = Make((4, 5, 6, 4, 0.1, 1, 12));
        preserve = preserve with { Values = matmul(preserve.Keys, weight.t()) };

        double[] moved = [.. new[] { 0.0, 1, 100, 1e6 }.Select(mu => matmul(preserve.Keys, (RidgeSystem.Solve(weight, edit, preserve with { Weight = mu }, 0.1).Weight - weight).t()).norm().item<double>())];

        Assert.Equal(moved.OrderDescending(), moved);
        Assert.InRange(moved[3], 0, moved[0] / 1e4);
    }

    [Fact]
    public void Condition_number_and_residual_are_those_of_a_system_solved_by_hand()
    {
        using var scope = NewDisposeScope();
        // λI + kkᵀ = diag(10, 1); W = 0 + 7 · 3 ∕ 10 = 2.1; W k = 6.3, off by 0.7 of 7.
        var solution = RidgeSystem.Solve(zeros(1, 2, dtype: ScalarType.Float64), new Constraints(tensor(new double[,] { { 3, 0 } }), tensor(new double[,] { { 7 } }), 1), null, 1);

        Assert.Equal(10, solution.ConditionNumber, 12);
        Assert.Equal(0.1, solution.Residual, 12);
        Assert.Equal([2.1, 0], solution.Weight.data<double>().Select(v => Math.Round(v, 12)));
    }

    [Fact]
    public void However_small_lambda_is_there_is_a_usable_condition_number_or_a_refusal() => Gen.Select(Gen.Int[2, 8], Gen.Int[1, 6], Gen.Double[0, 9], Gen.Double[-9, -3], Gen.Int[0, 100_000]).Sample(
        (d, rows, size, lambda, seed) =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit, _) = Make((2, d, rows, 0, 1, 1, seed));
            try
            {
                var solution = RidgeSystem.Solve(weight, edit with { Keys = edit.Keys * Math.Pow(10, size) }, null, Math.Pow(10, lambda));
                Assert.InRange(solution.ConditionNumber, 1, double.MaxValue);
            }
            catch (EditException e)
            {
                Assert.Equal("MG1003", e.Code);
            }
        },
        iter: 500);

    [Theory]
    [InlineData("keys", double.NaN)]
    [InlineData("keys", double.PositiveInfinity)]
    [InlineData("values", double.NaN)]
    [InlineData("values", double.NegativeInfinity)]
    [InlineData("weight", double.NaN)]
    [InlineData("kept", double.NaN)]
    public void Numbers_that_are_none_are_refused(string where, double bad)
    {
        using var scope = NewDisposeScope();
        var (weight, edit, preserve) = Make((3, 4, 5, 2, 1, 1, 5));
        var target = where switch { "keys" => edit.Keys, "values" => edit.Values, "weight" => weight, _ => preserve.Values };
        target![1, 2] = bad;

        var error = Assert.Throws<EditException>(() => RidgeSystem.Solve(weight, edit, preserve, 1));

        Assert.Equal("MG1003", error.Code);
    }

    private static (Tensor Weight, Constraints Edit, Constraints Preserve) Make((int M, int D, int Rows, int Kept, double Lambda, double Mu, int Seed) s)
    {
        var random = new Random(s.Seed);
        return (Random(s.M, s.D), new Constraints(Random(s.Rows, s.D), Random(s.Rows, s.M), 1), new Constraints(Random(s.Kept, s.D), Random(s.Kept, s.M), s.Mu));

        Tensor Random(int rows, int columns) => tensor([.. Enumerable.Range(0, rows * columns).Select(_ => (random.NextDouble() * 4) - 2)], [rows, columns], ScalarType.Float64);
    }

    private static Constraints Shuffled(Constraints rows, int seed)
    {
        var order = Enumerable.Range(0, (int)rows.Keys.shape[0]).Select(i => (long)i).ToArray();
        new Random(seed).Shuffle(order);
        var index = tensor(order, dtype: ScalarType.Int64);
        return rows with { Keys = rows.Keys.index_select(0, index), Values = rows.Values!.index_select(0, index) };
    }

    /// <summary>(λI + Σ w kkᵀ) Wᵀ = λW₀ᵀ + Σ w kvᵀ by Gauss–Jordan with pivots, in plain arrays.</summary>
    private static Tensor BruteForce(Tensor weight, Constraints[] rows, double lambda)
    {
        int m = (int)weight.shape[0], d = (int)weight.shape[1];
        var table = new double[d, d + m];
        for (var i = 0; i < d; i++)
        {
            table[i, i] = lambda;
            for (var j = 0; j < m; j++) table[i, d + j] = lambda * weight[j, i].item<double>();
        }

        foreach (var part in rows)
        {
            for (var r = 0; r < part.Keys.shape[0]; r++)
            {
                double[] k = [.. part.Keys[r].data<double>()], v = [.. part.Values![r].data<double>()];
                for (var i = 0; i < d; i++)
                {
                    for (var j = 0; j < d; j++) table[i, j] += part.Weight * k[i] * k[j];
                    for (var j = 0; j < m; j++) table[i, d + j] += part.Weight * k[i] * v[j];
                }
            }
        }

        for (var c = 0; c < d; c++)
        {
            var pivot = Enumerable.Range(c, d - c).MaxBy(r => Math.Abs(table[r, c]));
            for (var j = 0; j < d + m; j++) (table[c, j], table[pivot, j]) = (table[pivot, j], table[c, j]);
            for (var r = 0; r < d; r++)
            {
                var factor = r == c ? 0 : table[r, c] / table[c, c];
                for (var j = 0; j < d + m; j++) table[r, j] -= factor * table[c, j];
            }
        }

        var solved = new double[m, d];
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < m; j++) solved[j, i] = table[i, d + j] / table[i, i];
        }

        return tensor(solved);
    }
}
