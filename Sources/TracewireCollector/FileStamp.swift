internal import Glibc

/// What tells a file from the one that was there before, without reading it.
struct FileStamp: Equatable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let bytes: Int
    /// When its content changed, which whoever writes it may set back, and when anything of it did, which nobody can.
    private let times: [Int]

    init(_ status: stat) {
        (device, inode, bytes) = (UInt64(status.st_dev), UInt64(status.st_ino), Int(status.st_size))
        times = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }

    /// `nil` if there is no such file, or it cannot be seen.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
