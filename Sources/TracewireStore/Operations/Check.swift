internal import CSQLite
internal import TracewireProtocol

/// The procedure `check`: reads all of a database and names what is wrong. No row means that nothing is.
enum Check {
    static let procedure = Procedure(
        name: "check", arguments: [],
        columns: Columns([
            Column(name: "subject", declaredType: "TEXT"), Column(name: "place", declaredType: "TEXT"),
            Column(name: "problem", declaredType: "TEXT"),
        ]),
        run: run)

    @Sendable private static func run(_ call: ProcedureCall) throws(QueryFault) {
        let connection = try call.open()
        try part("structure", call) { () throws(QueryFault) in try checkFile(connection, call) }
        try part("rows", call) { () throws(QueryFault) in try checkForeignKeys(connection, call) }
        try part("segments", call) { () throws(QueryFault) in try SegmentCheck(connection, call).run() }
        try part("references", call) { () throws(QueryFault) in try ReferenceCheck(connection, call).run() }
        try part("rollups", call) { () throws(QueryFault) in try checkRollups(connection, call) }
    }

    /// A part of the check that meets what cannot be read ends there, and that is a row; the other parts may still find more.
    private static func part(
        _ name: String, _ call: ProcedureCall, _ body: () throws(QueryFault) -> Void
    ) throws(QueryFault) {
        do throws(QueryFault) {
            try body()
        } catch {
            guard error.code == .storageUnavailable else { throw error }
            try call.emit([.text("file"), .text(name), .text(error.message)])
        }
    }

    /// Whether the rollups say what the rows say, in one snapshot of both.
    private static func checkRollups(_ connection: Connection, _ call: ProcedureCall) throws(QueryFault) {
        let differences = try call.perform { () throws(StoreError) in
            try connection.transaction(reading: true) { () throws(StoreError) in
                try RollupComparison.differences(connection, limit: 100)
            }
        }
        for difference in differences {
            let advice = "the rollup is \(difference.kind.rawValue): `tracewire check --repair` makes them anew"
            try call.emit([.text("rollup"), .text(difference.place), .text(advice)])
        }
    }

    /// The file's own structure, by SQLite.
    private static func checkFile(_ connection: Connection, _ call: ProcedureCall) throws(QueryFault) {
        try call.forEachRow(of: "PRAGMA integrity_check(100)", on: connection) { (statement) throws(QueryFault) in
            // One row has all that was found in a tree, below a line that names the database.
            for line in statement.text(0).split(separator: "\n") where line != "ok" && !line.hasPrefix("***") {
                try call.emit([.text("file"), .text(""), .text(worded(line))])
            }
        }
    }

    /// SQLite has no words for a page whose checksum is wrong.
    private static func worded(_ text: Substring) -> String {
        let unread = "unable to get the page. error code=\(StoreError.damagedPage)"
        return String(text).replacing(unread, with: "it is not what was written")
    }

    private static func checkForeignKeys(_ connection: Connection, _ call: ProcedureCall) throws(QueryFault) {
        try call.forEachRow(of: "PRAGMA foreign_key_check", on: connection) { (statement) throws(QueryFault) in
            let place = "\(statement.text(0)) \(statement.integer(1))"
            let what = "refers to a row of \(statement.text(2)) that does not exist"
            try call.emit([.text("row"), .text(place), .text(what)])
        }
    }
}

extension ProcedureCall {
    /// Calls `body` with each row of a statement; ends when the call has to end.
    func forEachRow(
        of sql: String, on connection: Connection, _ body: (Statement) throws(QueryFault) -> Void
    ) throws(QueryFault) {
        let statement = try perform { () throws(StoreError) in try Statement(connection, sql) }
        while try perform({ () throws(StoreError) in try statement.step() }) {
            try checkpoint()
            try body(statement)
        }
    }

    /// Does `body`, and says why the call ends if it fails.
    func perform<Result>(_ body: () throws(StoreError) -> Result) throws(QueryFault) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            throw fault(error)
        }
    }
}
