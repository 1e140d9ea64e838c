internal import Glibc

/// The directory in which a file has its name.
public enum DirectoryOfFile {
    /// Its path, for a file that `path` names.
    public static func path(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let directory = path[..<slash]
        return directory.isEmpty ? "/" : String(directory)
    }

    /// Makes the name of the file that `path` names durable, as it is now: a sync of the file alone keeps its bytes, but what
    /// a rename did may be undone when the power fails. Returns the number of the error; `nil` if there was none.
    public static func synchronize(_ path: String) -> Int32? {
        let descriptor = open(Self.path(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : errno
    }
}
