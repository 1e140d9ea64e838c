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
        raised.map { min(wanted, max(fewest, $0 - reserve)) } ?? wanted
    }

    /// What the limit is after it was raised, once in a process; `nil` if the system does not say.
    private static let raised: Int? = {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(resource, &limit) != 0 { limit.rlim_cur = before }
        return Int(clamping: limit.rlim_cur)
    }()
}
