internal import Glibc
internal import TracewireProtocol

/// The directory in which processes keep their spools, each its own.
enum SpoolDirectory {
    /// Makes the directory and those above it, for this user alone.
    ///
    /// - Throws: ``SpoolError``.
    static func make(_ path: String) throws(SpoolError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw SpoolError("create", path)
        }
        try make(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SpoolError("create", path) }
    }

    /// The names in a directory, but for those of itself and its parent.
    ///
    /// - Throws: ``SpoolError``.
    static func names(in path: String) throws(SpoolError) -> [String] {
        guard let directory = opendir(path) else { throw SpoolError("list", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Whether a spool has no segment and counts nothing that was shed.
    static func isEmpty(spool path: String) -> Bool {
        guard let names = try? names(in: path) else { return false }
        return !names.contains { $0.hasSuffix(SpoolFormat.segmentSuffix) } && ShedLedger.rows(in: path).isEmpty
    }

    /// Damaged segments that are kept.
    private static let damagedKept = 16

    /// Moves a damaged segment to `damaged` in the directory, unless there are many already: then it is removed. Where that
    /// cannot be told, it stays.
    static func setAside(_ file: SegmentFile) {
        let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2 else { return }
        let damaged = parts.dropLast(2).joined(separator: "/") + "/damaged"
        let place = SegmentFile(path: "\(damaged)/\(parts[parts.count - 2])-\(parts[parts.count - 1])")
        mkdir(damaged, 0o700)
        guard let kept = (try? names(in: damaged))?.count else { return }
        guard kept < damagedKept, (try? file.replace(place)) != nil else { return file.remove() }
    }

    /// Where the spools in it lie, the oldest first; some may belong to processes that live.
    ///
    /// - Throws: ``SpoolError``.
    static func spools(in path: String) throws(SpoolError) -> [String] {
        // Named by UUIDs of version 7, which sort by time.
        try names(in: path).filter { Identifier($0) != nil }.sorted().map { "\(path)/\($0)" }
    }
}
