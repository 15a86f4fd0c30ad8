namespace ModelGuard.Checkpoints;

/// <summary>Where this user's caches are (XDG Base Directory Specification 0.8).</summary>
public static class UserCaches
{
    /// <summary>The folder of a cache, which need not exist: below <c>XDG_CACHE_HOME</c>, or <c>.cache</c> in the home folder; null for a user without a home.</summary>
    /// <param name="name">The cache's name, for example <c>digests</c>.</param>
    public static string? Folder(string name)
    {
        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (string.IsNullOrEmpty(caches)) caches = string.IsNullOrEmpty(home) ? null : Path.Combine(home, ".cache");
        return caches is null ? null : Path.Combine(caches, "modelguard", name);
    }
}
