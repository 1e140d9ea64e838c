internal import Glibc

/// Where a database really is.
public enum DatabasePath {
    /// As many links as Linux follows for one name (path_resolution(7)).
    private static let mostLinks = 40

    /// `path` without symbolic links, as SQLite opens it: its log and its lock lie beside the file and not beside the
    /// link, also where the file that a link leads to does not exist yet.
    public static func resolved(_ path: String) -> String {
        var path = path
        for _ in 0..<mostLinks {
            guard let target = target(of: path) else { break }
            path = target.hasPrefix("/") ? target : directory(of: path) + target
        }
        guard let directory = real(directory(of: path)) else { return path }
        return (directory == "/" ? "" : directory) + "/" + name(of: path)
    }

    /// What a link says; `nil` for what is none.
    private static func target(of path: String) -> String? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &text, text.count)
        return count > 0 ? String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Up to the last slash, which is in it.
    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    }

    private static func name(of path: String) -> Substring {
        path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
    }
}
