namespace Microsoft.Build.Framework;

/// <summary>
/// Marks a task that touches neither the current folder nor the process's environment, so that a multithreaded build (<c>-mt</c>) may run it in
/// its own process. MSBuild matches this attribute by its full name; the version that this package is compiled against has none.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class MSBuildMultiThreadableTaskAttribute : Attribute;
