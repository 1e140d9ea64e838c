internal import Glibc

/// Room on a file system.
enum DiskSpace {
    /// Bytes that a program without privileges may still write where `path` is (statvfs(3)); `nil` where the system does
    /// not say.
    static func freeBytes(at path: String) -> Int64? {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { return nil }
        let (bytes, overflowed) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        return overflowed ? .max : Int64(clamping: bytes)
    }
}
