internal import Glibc
internal import TracewireProtocol

/// The file that says whose records a spool holds, how far they are acknowledged, and, by being locked, that its process
/// lives.
final class SpoolOwner: Sendable {
    let fields: OwnerFields
    private let descriptor: Int32

    /// Takes over `descriptor`, which is locked.
    private init(_ descriptor: Int32, _ memory: SegmentMemory) {
        (self.descriptor, fields) = (descriptor, OwnerFields(memory))
    }

    deinit {
        // Closed last: with it goes the lock.
        close(descriptor)
    }

    /// Makes the file, locked.
    ///
    /// - Parameter destination: where the records are to go; what is too long is cut.
    /// - Throws: ``SpoolError``.
    static func create(_ path: String, _ producer: Identifier, _ destination: String) throws(SpoolError) -> SpoolOwner {
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError("create", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isLinked(descriptor) else {
            throw closing(descriptor, "lock", path)
        }
        do throws(SpoolError) {
            let owner = try SpoolOwner(reserving: descriptor, path)
            owner.fields.begin(producer, destination)
            return owner
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Opens the file of a process that is gone, and locks it; `nil` if somebody has it, or has removed it.
    ///
    /// - Throws: ``SpoolError``.
    static func take(_ path: String) throws(SpoolError) -> SpoolOwner? {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return nil }
            throw SpoolError("open", path)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw closing(descriptor, "lock", path) }
            close(descriptor)
            return nil
        }
        // Whoever had it locked may have delivered and removed it meanwhile.
        guard isLinked(descriptor) else {
            close(descriptor)
            return nil
        }
        return try SpoolOwner(reserving: descriptor, path)
    }

    private static func isLinked(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    /// Takes over `descriptor`, which is locked. Its file must have its whole size on the disk, or a write to the mapping
    /// could end the process.
    private convenience init(reserving descriptor: Int32, _ path: String) throws(SpoolError) {
        let number = posix_fallocate(descriptor, 0, off_t(SpoolFormat.ownerBytes))
        guard number == 0 else {
            errno = number
            throw Self.closing(descriptor, "reserve \(SpoolFormat.ownerBytes) bytes for", path)
        }
        guard let memory = SegmentMemory.file(descriptor, SpoolFormat.ownerBytes) else {
            throw Self.closing(descriptor, "map", path)
        }
        self.init(descriptor, memory)
    }

    private static func closing(_ descriptor: Int32, _ action: String, _ path: String) -> SpoolError {
        let error = SpoolError(action, path)
        close(descriptor)
        return error
    }

    /// Lets others have the spool.
    func release() {
        flock(descriptor, LOCK_UN)
    }
}
