internal import Glibc

/// Where a database really is.
public enum DatabasePath {
    /// `path` without symbolic links, as SQLite opens it: its log and its lock lie beside the file and not beside the
    /// link. What does not exist yet stays as it is named.
    public static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
