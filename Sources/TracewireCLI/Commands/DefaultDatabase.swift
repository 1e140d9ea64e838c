internal import Glibc

/// The database that `serve` keeps unless told otherwise.
enum DefaultDatabase {
    /// Its path; its directory is made, for this user alone.
    ///
    /// - Throws: ``CommandFailure``.
    static func path() throws -> String {
        let base: String
        if let data = Environment.value("XDG_DATA_HOME"), data.hasPrefix("/") {
            base = data
        } else if let home = Environment.value("HOME") {
            base = home + "/.local/share"
        } else {
            throw CommandFailure(.failed, "neither XDG_DATA_HOME nor HOME is set: name the database with --database")
        }
        let directory = base + "/tracewire"
        try makeDirectory(directory)
        return directory + "/tracewire.db"
    }

    /// Refuses a path at which no database can be, before anything is made: it may be mistyped.
    ///
    /// - Throws: ``CommandFailure``.
    static func requirePlace(of path: String) throws {
        var facts = stat()
        guard stat(path, &facts) != 0 || facts.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure(.failed, "cannot keep \(path): it is a directory. Name a file in it with --database.")
        }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard access(directory, F_OK) != 0, errno == ENOENT else { return }
        throw CommandFailure(
            .failed,
            "cannot keep \(path): its directory does not exist. Make it with 'mkdir -p \(directory)', or name another "
                + "file with --database.")
    }

    private static func makeDirectory(_ path: String) throws {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
                throw failure(path)
            }
        }
        guard access(path, W_OK | X_OK) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(
            .failed,
            "cannot use the directory \(path): \(String(cString: strerror(errno))); name a database with --database")
    }
}
