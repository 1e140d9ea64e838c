internal import Glibc

/// The first bytes of a database file, as https://www.sqlite.org/fileformat.html lays them out: enough to refuse a
/// foreign file before anything is made beside it.
enum DatabaseHeader {
    private static let bytes = 100
    private static let magic = Array("SQLite format 3\0".utf8)
    private static let readVersion = 19
    private static let schemaCookie = 40
    private static let applicationID = 68

    /// Refuses a file that is certainly not a Tracewire database. One that is missing, empty or cannot be read is left
    /// to whoever opens it, and so is a database without tables.
    static func check(_ path: String) throws(StoreError) {
        let header = read(path)
        guard !header.isEmpty else { return }
        guard header.starts(with: magic) else { throw StoreError(.notADatabase, "\(path) is no database. \(advice)") }
        // Ours gets its tables and its mark in one transaction: with the one in the file, the other is, too.
        guard header.count == bytes, number(header, schemaCookie) != 0,
            number(header, applicationID) != Migrations.applicationID
        else { return }
        throw StoreError(.notADatabase, "\(path) is a database of another program. \(advice)")
    }

    /// Whether it is certainly one.
    static func isTracewire(_ path: String) -> Bool {
        let header = read(path)
        return header.count == bytes && header.starts(with: magic)
            && number(header, applicationID) == Migrations.applicationID
    }

    /// Whether it is a database whose pages have no checksums.
    static func isWithoutChecksums(_ path: String) -> Bool {
        let header = read(path)
        return header.count == bytes && header.starts(with: magic) && !PageChecksums.isSealed(header: header)
    }

    /// Whether it is a database that has no log of its own: a copy that was made by `VACUUM INTO`, and never opened by a collector.
    static func hasNoLog(_ path: String) -> Bool {
        let header = read(path)
        return header.count == bytes && header.starts(with: magic) && header[readVersion] == 1
    }

    /// Whether a file may be what is left of a database that was being written when its writer was killed: nothing, or
    /// a first page that was not written yet, which SQLite does last, or one that was.
    static func canBeUnfinished(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        guard status.st_size > 0 else { return true }
        let header = read(descriptor)
        return header.starts(with: magic) || (!header.isEmpty && header.allSatisfy { $0 == 0 })
    }

    private static let advice = "Name a Tracewire database, or a file that does not exist yet."

    private static func read(_ path: String) -> [UInt8] { DatabaseFile(path)?.read(bytes, at: 0) ?? [] }

    private static func read(_ descriptor: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, bytes, 0))
        }
    }

    /// The integer of four bytes at `offset`, the most significant first.
    private static func number(_ header: [UInt8], _ offset: Int) -> Int64 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
}
