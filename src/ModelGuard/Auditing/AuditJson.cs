using System.Text.Json.Serialization;

namespace ModelGuard.Auditing;

/// <summary>Results of an audit as JSON. Numbers are round-trip; NaN, which a damaged scorer gives, is a text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MeasuredMetric))]
internal sealed partial class AuditJson : JsonSerializerContext;
