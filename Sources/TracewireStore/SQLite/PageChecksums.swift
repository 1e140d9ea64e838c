internal import CPageChecksums
internal import CSQLite

/// The bytes at the end of each page that hold its checksum; see `CPageChecksums`.
enum PageChecksums {
    /// Leaves them free in a database that is still empty, or in what a connection's `VACUUM INTO` writes.
    static func reserve(_ connection: Connection) {
        var bytes = Int32(page_seal_bytes)
        sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes)
    }

    /// Whether the header of a database file says that its pages have checksums.
    static func isSealed(header: [UInt8]) -> Bool {
        header.withUnsafeBufferPointer { page_checksums_are_sealed($0.baseAddress, Int32($0.count)) != 0 }
    }
}
