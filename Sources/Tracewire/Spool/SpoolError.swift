internal import Glibc

/// Why a spool's file could not be used.
struct SpoolError: Error, Equatable {
    /// What was tried: "create", "map", "lock", …
    let action: String
    let path: String
    /// The system's number; 0 where the trouble is in what the file holds.
    let number: Int32
    private let reason: String?

    /// - Parameter number: the system's, of the call that failed last.
    init(_ action: String, _ path: String, number: Int32 = errno) {
        (self.action, self.path, self.number, reason) = (action, path, number, nil)
    }

    init(_ action: String, _ path: String, because reason: String) {
        (self.action, self.path, number, self.reason) = (action, path, 0, reason)
    }
}

extension SpoolError {
    /// Whether it is for want of descriptors, memory or a permission, and says nothing of what the file holds.
    var mayPass: Bool { [EMFILE, ENFILE, ENOMEM, EAGAIN, EACCES, EPERM].contains(number) }

    static func damaged(_ file: SegmentFile, _ recovered: RecoveredSegment) -> SpoolError {
        SpoolError("read all of", file.path, because: "\(recovered.damagedBytes) bytes are damaged")
    }
}

extension SpoolError: CustomStringConvertible {
    var description: String {
        "cannot \(action) \(path): \(reason ?? String(cString: strerror(number)))"
    }
}
