@testable import TracewireStore

/// Changes a database that no collector has open, as only the store can: SQLite alone does not write to it.
func spoil(_ database: String, _ sql: String) throws {
    // `SQLITE_OPEN_READWRITE`
    try Connection(path: database, flags: 2).execute(sql)
}
