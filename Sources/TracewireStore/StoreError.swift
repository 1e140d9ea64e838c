internal import CSQLite

/// Why the store could not do what it was asked: a stable code, and a sentence that says what to do next.
///
/// The sentence never carries a value from a record.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure. New ones may be added: handle an unknown one like ``internalFailure``.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The stable name, for logs and for programs.
        public let rawValue: String

        /// The code of that name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The file or its directory is missing or may not be read.
        public static let cannotOpen = Code(rawValue: "cannot_open")
        /// Another collector has this database open.
        public static let alreadyInUse = Code(rawValue: "already_in_use")
        /// The file may be read, not written.
        public static let readOnly = Code(rawValue: "read_only")
        /// A newer version of Tracewire made the database.
        public static let newerSchema = Code(rawValue: "newer_schema")
        /// A reader met a database that the writer has not brought up to date yet.
        public static let olderSchema = Code(rawValue: "older_schema")
        /// The file is something else than a Tracewire database.
        public static let notADatabase = Code(rawValue: "not_a_database")
        /// The file is damaged.
        public static let corrupt = Code(rawValue: "corrupt")
        /// There is no room left. Nothing was committed; trying again can help.
        public static let diskFull = Code(rawValue: "disk_full")
        /// The disk failed. Nothing was committed; trying again can help.
        public static let io = Code(rawValue: "io")
        /// The disk did not keep what it was given. Nothing was committed, and nothing is until the database is opened anew.
        public static let syncFailed = Code(rawValue: "sync_failed")
        /// Another program holds the database's lock. Nothing was committed; trying again helps.
        public static let busy = Code(rawValue: "busy")
        /// There is no memory left. Nothing was committed; trying again can help.
        public static let outOfMemory = Code(rawValue: "out_of_memory")
        /// A mistake in the store itself.
        public static let internalFailure = Code(rawValue: "internal_failure")
    }

    /// Which kind of failure it is.
    public let code: Code
    /// What happened and what to do next, in one or two sentences.
    public let message: String

    /// An error of this kind; `message` says what happened and what to do next, without any value from a record.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code's name and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}

extension StoreError {
    /// `SQLITE_CORRUPT_VTAB`, with which a function of the store's own fails that met a damaged value: the message is its
    /// own too, and says what to do. SQLite means content that an extension keeps, and there is no other here.
    static let damagedValue = SQLITE_CORRUPT | 1 << 8
    /// `SQLITE_IOERR_DATA`: a page is not what was written.
    static let damagedPage = SQLITE_IOERR | 32 << 8
    /// `SQLITE_IOERR_FSYNC` and `SQLITE_IOERR_DIR_FSYNC`.
    private static let failedSyncs = [SQLITE_IOERR | 4 << 8, SQLITE_IOERR | 5 << 8]
    /// Debian's `sqlite3` is built without that command.
    private static let recovery =
        "Restore the file from a backup, or recover it with `.recover` of a `sqlite3` that has this command."

    /// The error that SQLite's result code stands for; `detail` is SQLite's own message.
    init(sqlite result: Int32, detail: String) {
        guard result != Self.damagedValue else {
            self.init(.corrupt, detail)
            return
        }
        guard result != Self.damagedPage else {
            self.init(
                .corrupt,
                "A page of the database is not what was written: the disk or another program has changed it. "
                    + Self.recovery)
            return
        }
        let (code, advice): (Code, String) =
            switch result & 0xff {
            case SQLITE_CANTOPEN: (.cannotOpen, "Check that its directory exists and may be read and written.")
            case SQLITE_READONLY, SQLITE_PERM: (.readOnly, "Make the file and its directory writable.")
            case SQLITE_FULL: (.diskFull, "Make room on the disk; nothing was lost.")
            case SQLITE_IOERR where Self.failedSyncs.contains(result):
                (.syncFailed, "The disk did not keep what was written: check it and the system's log.")
            case SQLITE_IOERR: (.io, "Check the disk and the system's log.")
            case SQLITE_BUSY, SQLITE_LOCKED: (.busy, "End the other program that writes to the database.")
            case SQLITE_CORRUPT:
                (.corrupt, Self.recovery)
            case SQLITE_NOTADB: (.notADatabase, "Name a Tracewire database, or a file that does not exist yet.")
            case SQLITE_NOMEM: (.outOfMemory, "Give the process more memory.")
            default: (.internalFailure, "Please report this.")
            }
        self.init(code, "SQLite says: \(detail) (\(result)). \(advice)")
    }
}
