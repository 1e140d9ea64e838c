internal import CSQLite
internal import Glibc
public import TracewireProtocol

/// A database file with the four tables and every value in its row: what any SQLite reads without this program.
///
/// It is written once, from what a collector answers, and confined to one thread.
public final class PlainDatabase {
    /// The tables, parents before children.
    public enum Table: String, CaseIterable, Sendable {
        case users
        case workflows
        case nodes
        case generations
    }

    private let connection: Connection
    private let path: String

    /// Makes the file, for its owner only.
    ///
    /// - Throws: `cannot_open` if it exists or its directory cannot be written, or what the disk says, with the file's path.
    public init(creating path: String) throws(StoreError) {
        self.path = path
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.cannotOpen, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        Glibc.close(descriptor)
        connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE, checksPages: false)
        // Nobody sees the file before it is whole: what a crash leaves is thrown away.
        try naming(path) { () throws(StoreError) in
            try connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON")
            try connection.execute(Self.schema)
        }
    }

    /// Inserts rows, in one transaction. Columns that the table does not have are left out.
    ///
    /// - Throws: what the disk says, with the file's path.
    public func insert(into table: Table, columns: [String], rows: [[Value]]) throws(StoreError) {
        guard !rows.isEmpty else { return }
        try naming(path) { () throws(StoreError) in try write(table, columns, rows) }
    }

    private func write(_ table: Table, _ columns: [String], _ rows: [[Value]]) throws(StoreError) {
        let known = Set(table.columns)
        let places = columns.indices.filter { known.contains(columns[$0]) }
        let list = places.map { columns[$0] }.joined(separator: ", ")
        let marks = places.map { _ in "?" }.joined(separator: ", ")
        let statement = try Statement(connection, "INSERT INTO \(table.rawValue) (\(list)) VALUES (\(marks))")
        try connection.transaction { () throws(StoreError) in
            for row in rows {
                for (index, place) in places.enumerated() { statement.bind(Int32(index + 1), copying: row[place]) }
                try statement.run()
            }
        }
    }

    /// Writes everything to the disk.
    public func finish() throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { Glibc.close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw StoreError(.io, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static let schema =
        Table.allCases.map { table in
            "CREATE TABLE \(table.rawValue) (\(table.declarations.map { "\($0.name) \($0.type)" }.joined(separator: ", ")));"
        }.joined() + """
            CREATE INDEX workflows_user ON workflows (user_id, created_at);
            CREATE INDEX workflows_created ON workflows (created_at);
            CREATE INDEX nodes_workflow ON nodes (workflow_id, execution_order);
            CREATE INDEX generations_workflow ON generations (workflow_id, created_at);
            CREATE INDEX generations_node ON generations (node_id);
            """
}

/// Does `body`; its failure names the file, which no other error of SQLite's does.
private func naming(_ path: String, _ body: () throws(StoreError) -> Void) throws(StoreError) {
    do throws(StoreError) {
        try body()
    } catch {
        throw StoreError(error.code, "\(path) cannot be written. \(error.message)")
    }
}
