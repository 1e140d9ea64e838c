internal import Glibc
internal import TracewireProtocol

/// The file that a backup becomes. It has another name until it is whole, so that no half of a copy is taken for one.
///
/// Who writes under that other name holds a lock on the file, which ends with the process: what a killed one has left is
/// taken over by the next backup of the same name.
final class BackupFile {
    /// Where the copy is written: an empty file, for its owner only.
    let unfinished: String
    private let path: String
    private let mayReplace: Bool
    private let database: String?
    private let descriptor: Int32
    private var isFinished = false

    /// - Parameter database: the path of the database that is copied. No backup may replace it, or what else its collector
    ///   keeps. `nil` where it is to be replaced, and nobody has it open.
    init(_ path: String, mayReplace: Bool, of database: String?) throws(QueryFault) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw QueryFault(.invalidArgument, "path has to be absolute: it names a file on the collector's machine")
        }
        // A link stays, and leads to the copy.
        let path = DatabasePath.resolved(path)
        self.path = path
        self.mayReplace = mayReplace
        self.database = database
        unfinished = path + ".unfinished"
        try Self.check(path, mayReplace, database)
        try Self.refuse(unfinished, asPartOf: database)
        descriptor = try Self.claim(unfinished, for: path)
    }

    deinit {
        // While it is locked: nobody else has begun to write it.
        if !isFinished {
            unlink(unfinished)
            unlink(unfinished + "-journal")
        }
        close(descriptor)
    }

    /// Gives the copy its name: the bytes first, then the name, each durable before the next.
    func finish() throws(QueryFault) {
        guard fsync(descriptor) == 0 else { throw Self.failure(path, errno) }
        // A copy takes its time: a file may have come meanwhile.
        try Self.check(path, mayReplace, database)
        guard rename(unfinished, path) == 0 else { throw Self.failure(path, errno) }
        isFinished = true
        if let number = DirectoryOfFile.synchronize(path) { throw Self.failure(path, number) }
    }
}

// What may be written to.
extension BackupFile {
    private static func check(_ path: String, _ mayReplace: Bool, _ database: String?) throws(QueryFault) {
        try refuse(path, asPartOf: database)
        guard !path.hasSuffix("/"), !isDirectory(path) else {
            throw QueryFault(.invalidArgument, "\(path) is a directory: name a file in it")
        }
        guard mayReplace || access(path, F_OK) != 0 else {
            throw QueryFault(.invalidArgument, "\(path) exists already: name another file, or allow replacing it")
        }
        guard access(path, F_OK) != 0 || FileSize.bytes(path) == 0 || DatabaseHeader.isTracewire(path) else {
            throw QueryFault(
                .invalidArgument, "\(path) is no Tracewire database: a backup replaces nothing else. Name another file."
            )
        }
        if let log = DatabaseLogs.present(beside: path) {
            throw QueryFault(
                .invalidArgument,
                "\(log) is there: a database of this name is in use or was not closed. Name another file.")
        }
    }

    private static func refuse(_ path: String, asPartOf database: String?) throws(QueryFault) {
        guard let database, CollectorFiles(of: database).contain(path) else { return }
        throw QueryFault(
            .invalidArgument,
            "\(path) is a file of the collector's, or could be one: their names begin with the database's. Name another file."
        )
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// - Parameter copy: the file that was asked for.
    private static func claim(_ path: String, for copy: String) throws(QueryFault) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(copy, errno) }
        do throws(QueryFault) {
            // The one who held the lock may have given the file its name since it was opened.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, FileIdentity(path) == FileIdentity(descriptor) else {
                throw QueryFault(.invalidArgument, "another backup is writing \(path). Wait for it to end.")
            }
            guard DatabaseHeader.canBeUnfinished(descriptor) else {
                throw QueryFault(
                    .invalidArgument,
                    "\(path) is in the way, and no backup that was cut off. Name another file, or move that one.")
            }
            guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else { throw failure(copy, errno) }
        } catch {
            close(descriptor)
            throw error
        }
        // What a killed process has left of a journal is not for the new file.
        unlink(path + "-journal")
        return descriptor
    }

    private static func failure(_ path: String, _ code: Int32) -> QueryFault {
        QueryFault(.storageUnavailable, "\(path) cannot be written: \(String(cString: strerror(code)))")
    }
}
