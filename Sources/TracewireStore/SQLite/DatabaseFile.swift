internal import CPageChecksums

/// A database's file as it stands there, read beside SQLite.
///
/// No other code may open and close one: that would take SQLite's locks from every connection of this process, and another program
/// would take itself for the last that has the database open, and remove a log that is in use. See `database_file.h`.
struct DatabaseFile: ~Copyable {
    private let file: OpaquePointer

    /// `nil` if it is not there, or cannot be read.
    init?(_ path: String) {
        // SQLite has to be configured before it is used at all.
        guard Connection.isSQLiteConfigured, let file = database_file_open(path) else { return nil }
        self.file = file
    }

    deinit { database_file_close(file) }

    /// Up to so many bytes.
    func read(_ bytes: Int, at position: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            count = Int(database_file_read(file, buffer.baseAddress, Int32(clamping: bytes), Int64(position)))
        }
    }
}
