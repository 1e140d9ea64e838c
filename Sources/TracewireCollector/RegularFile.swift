internal import Glibc

/// Files that are read whole.
enum RegularFile {
    struct Unreadable: Error {
        let reason: String
        /// Whether there is none.
        let isMissing: Bool

        init(_ reason: String) {
            (self.reason, isMissing) = (reason, false)
        }

        fileprivate init(number: Int32) {
            (reason, isMissing) = (String(cString: strerror(number)), number == ENOENT)
        }
    }

    /// What is in the file, and the stamp that it had when it was opened: what changes it later changes that.
    ///
    /// - Parameter longest: most bytes that it may have.
    static func read(_ path: String, atMost longest: Int) throws(Unreadable) -> (bytes: [UInt8], stamp: FileStamp) {
        // A pipe must not keep anybody waiting: it is no regular file, and refused below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Unreadable(number: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Unreadable("it is no regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(number: errno) }
            guard count > 0 else { return (bytes, FileStamp(status)) }
            bytes += chunk[..<count]
            guard bytes.count <= longest else { throw Unreadable("it is larger than \(longest) bytes") }
        }
    }
}
