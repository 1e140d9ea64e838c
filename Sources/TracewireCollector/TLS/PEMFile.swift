internal import Glibc

/// A file of certificates or of a key.
enum PEMFile {
    /// Far above what a chain or a bundle of authorities takes, in bytes.
    private static let longest = 1 << 20

    /// What tells a file from the one that was there before, without reading it.
    struct Stamp: Equatable, Sendable {
        private let place: [UInt64]
        private let time: [Int]

        fileprivate init(_ status: stat) {
            place = [UInt64(status.st_dev), UInt64(status.st_ino), UInt64(status.st_size)]
            time = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        }
    }

    /// `nil` if there is no such file, or it cannot be seen.
    static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        return stat(path, &status) == 0 ? Stamp(status) : nil
    }

    /// - Parameter setting: what names the file.
    /// - Throws: `tls_unusable` if it cannot be read.
    static func read(_ path: String, _ setting: String) throws(CollectorError) -> [UInt8] {
        // A pipe must not keep anybody waiting: it is no regular file, and refused below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unusable(path, setting, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw unusable(path, setting, "it is no regular file")
        }
        guard status.st_size <= longest else { throw unusable(path, setting, "it is larger than \(longest) bytes") }
        var bytes = [UInt8](repeating: 0, count: longest)
        var count = 0
        while count < longest {
            let (start, room) = (count, longest - count)
            let taken = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: start), room)
            }
            if taken < 0, errno == EINTR { continue }
            guard taken >= 0 else { throw unusable(path, setting, String(cString: strerror(errno))) }
            if taken == 0 { break }
            count += taken
        }
        return Array(bytes.prefix(count))
    }

    static func unusable(_ path: String, _ setting: String, _ why: String) -> CollectorError {
        CollectorError(.tlsUnusable, "\(path), which \(setting) names, cannot be used for TLS: \(why)")
    }
}
