internal import Glibc
internal import TracewireProtocol

/// The procedure `backup`: a consistent copy of a live database in a file of its own. Writers and readers go on.
enum Backup {
    static let procedure = Procedure(
        name: "backup",
        arguments: [
            Report.Argument(name: "path", kind: .text, isRequired: true),
            Report.Argument(name: "replace", kind: .integer, standard: .integer(0)),
        ],
        columns: Columns([
            Column(name: "path", declaredType: "TEXT"), Column(name: "bytes", declaredType: "INTEGER"),
        ]),
        run: run)

    @Sendable private static func run(_ call: ProcedureCall) throws(QueryFault) {
        guard case .text(let path) = call.values["path"], path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw QueryFault(.invalidArgument, "path has to be absolute: it names a file on the collector's machine")
        }
        let mayReplace = call.values["replace"] != .integer(0)
        guard mayReplace || access(path, F_OK) != 0 else {
            throw QueryFault(.invalidArgument, "\(path) exists already: name another file, or allow replacing it")
        }
        // It gets its name when it is whole, so that no half of a copy is taken for one.
        let unfinished = path + ".unfinished"
        try claim(unfinished)
        do throws(QueryFault) {
            try copy(to: unfinished, call)
            try finish(unfinished, as: path)
        } catch {
            unlink(unfinished)
            throw error
        }
        try call.emit([.text(path), .integer(FileSize.bytes(path))])
    }

    /// Makes the file, empty, for its owner only: `VACUUM INTO` takes an empty file, and SQLite keeps the permissions.
    private static func claim(_ path: String) throws(QueryFault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path, errno == EEXIST ? EEXIST : errno) }
        close(descriptor)
    }

    /// One statement reads one snapshot, so the copy is of one moment; it leaves out free pages.
    private static func copy(to path: String, _ call: ProcedureCall) throws(QueryFault) {
        let connection = try call.open()
        try call.perform { () throws(StoreError) in
            let statement = try Statement(connection, "VACUUM INTO ?")
            statement.bind(1, copying: path)
            try statement.run()
        }
    }

    /// The bytes first, then the name, each durable before the next.
    private static func finish(_ unfinished: String, as path: String) throws(QueryFault) {
        try synchronize(unfinished)
        guard rename(unfinished, path) == 0 else { throw failure(path, errno) }
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try synchronize(directory.isEmpty ? "/" : directory)
    }

    private static func synchronize(_ path: String) throws(QueryFault) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, errno) }
    }

    private static func failure(_ path: String, _ code: Int32) -> QueryFault {
        if code == EEXIST {
            return QueryFault(
                .invalidArgument, "\(path) is there: another backup writes it, or one was cut off; then delete it")
        }
        return QueryFault(.storageUnavailable, "\(path) cannot be written: \(String(cString: strerror(code)))")
    }
}
