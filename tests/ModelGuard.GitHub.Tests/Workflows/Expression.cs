using System.Text.RegularExpressions;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>
/// The expressions that the actions here use, as GitHub documents them ("Evaluate expressions in workflows and actions"): contexts, strings,
/// <c>!</c>, <c>==</c>, <c>!=</c>, <c>&amp;&amp;</c>, <c>||</c> and status functions. Anything else is an error.
/// </summary>
internal sealed partial class Expression
{
    private readonly string[] tokens;
    private readonly Func<string, string> context;
    private readonly bool hasFailed;
    private int next;

    private Expression(string text, Func<string, string> context, bool hasFailed)
    {
        tokens = [.. Token().Matches(text).Select(m => m.Value)];
        if (string.Concat(tokens).Length != text.Count(c => !char.IsWhiteSpace(c)) + tokens.Sum(t => t.Count(char.IsWhiteSpace))) throw new FormatException($"'{text}' holds what is no token.");
        (this.context, this.hasFailed) = (context, hasFailed);
    }

    /// <summary>Replaces <c>${{ … }}</c> in a text.</summary>
    public static string Fill(string text, Func<string, string> context) => Braces().Replace(text, m => Text(new Expression(m.Groups["inner"].Value, context, hasFailed: false).Whole()));

    /// <summary>Whether a step with this <c>if</c> runs; without a status function it does only after success.</summary>
    public static bool IsTrue(string? condition, Func<string, string> context, bool hasFailed)
    {
        if (condition is null) return !hasFailed;
        var inner = Braces().Match(condition) is { Success: true } match ? match.Groups["inner"].Value : condition;
        var value = Truth(new Expression(inner, context, hasFailed).Whole());
        return value && (!hasFailed || Status().IsMatch(inner));
    }

    private object Whole()
    {
        var value = Or();
        return next == tokens.Length ? value : throw new FormatException($"'{tokens[next]}' is not expected.");
    }

    private object Or()
    {
        var value = And();
        while (Take("||")) value = And() is var other && Truth(value) ? value : other;
        return value;
    }

    private object And()
    {
        var value = Equality();
        while (Take("&&")) value = Equality() is var other && Truth(value) ? other : value;
        return value;
    }

    private object Equality()
    {
        var value = Unary();
        if (Take("==")) return string.Equals(Text(value), Text(Unary()), StringComparison.OrdinalIgnoreCase);
        return Take("!=") ? !string.Equals(Text(value), Text(Unary()), StringComparison.OrdinalIgnoreCase) : value;
    }

    private object Unary()
    {
        if (Take("!")) return !Truth(Unary());
        if (Take("("))
        {
            var value = Or();
            return Take(")") ? value : throw new FormatException("A parenthesis is not closed.");
        }

        var token = tokens[next++];
        if (token[0] == '\'') return token[1..^1].Replace("''", "'", StringComparison.Ordinal);
        if (!Take("(")) return context(token);
        if (!Take(")")) throw new FormatException($"'{token}' takes arguments.");
        return token switch
        {
            "success" => !hasFailed,
            "failure" => hasFailed,
            "always" => true,
            "cancelled" => false,
            _ => throw new FormatException($"'{token}' is no function of a status."),
        };
    }

    private bool Take(string token)
    {
        if (next >= tokens.Length || tokens[next] != token) return false;
        next++;
        return true;
    }

    private static bool Truth(object value) => value is true or string { Length: > 0 };

    private static string Text(object value) => value switch
    {
        true => "true",
        false => "false",
        _ => (string)value,
    };

    [GeneratedRegex(@"\$\{\{(?<inner>.*?)\}\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Braces();

    [GeneratedRegex(@"'(?:[^']|'')*'|\|\||&&|==|!=|[!()]|[A-Za-z_][\w.-]*", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    [GeneratedRegex(@"\b(?:success|failure|always|cancelled)\(\)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Status();
}
