internal import Glibc

/// The right to write to a database, held by one process at a time.
///
/// SQLite's own locks are taken and given back with every transaction: they would let two collectors write in turn,
/// each with its own idea of what is cached. The kernel gives this lock back when its holder dies.
struct DatabaseLock: ~Copyable {
    private let descriptor: Int32

    /// Locks `path` with `.lock` at its end. The file stays when the lock is given back, because deleting it would let
    /// two processes each lock a file of that name.
    init(database path: String) throws(StoreError) {
        descriptor = open(Self.path(database: path), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.cannotOpen(path, errno) }
        // Throwing here runs `deinit`, which closes the descriptor.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            guard error == EWOULDBLOCK else { throw Self.cannotOpen(path, error) }
            throw StoreError(
                .alreadyInUse,
                "Another collector has \(path) open. Stop it, or name another database with --database.")
        }
    }

    /// Keeps a mark in the file, in place of the last one.
    func keep(_ mark: LogMark) { mark.write(to: descriptor) }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    static func path(database path: String) -> String { path + ".lock" }

    private static func cannotOpen(_ path: String, _ error: Int32) -> StoreError {
        let reason = String(cString: strerror(error))
        if error == EROFS || error == EACCES || error == EPERM {
            return StoreError(.readOnly, "\(path) cannot be written: \(reason). Make its directory writable.")
        }
        return StoreError(.cannotOpen, "\(path) cannot be opened: \(reason). Check that its directory exists.")
    }
}
