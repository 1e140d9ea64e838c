internal import Glibc

/// How many files and sockets the process may have open.
enum DescriptorLimit {
    /// For the database, its readers, and connections that are only told that there are too many.
    private static let reserve = 256
    /// How many connections there may be in any case.
    private static let fewest = 16

    /// Raises the limit as far as the system allows, and returns how many of `wanted` connections fit below it. Most
    /// systems start programs with 1,024, which is for those that use `select`
    /// (https://0pointer.net/blog/file-descriptor-limits.html).
    static func connections(wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
        return min(wanted, max(fewest, Int(clamping: limit.rlim_cur) - reserve))
    }
}
