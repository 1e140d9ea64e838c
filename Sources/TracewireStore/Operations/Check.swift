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
        try checkFile(connection, call)
        try checkForeignKeys(connection, call)
        try SegmentCheck(connection, call).run()
        try ReferenceCheck(connection, call).run()
        try checkRollups(connection, call)
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
            let text = statement.text(0)
            if text != "ok" { try call.emit([.text("file"), .text(""), .text(text)]) }
        }
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
