internal import TracewireProtocol

/// The procedure `search`: the values that hold a text, about newest first.
///
/// Values are compared as the bytes that were sent: in JSON a character that was sent as an escape (`\uc131`) is found as
/// the escape only.
enum Search {
    static let procedure = Procedure(
        name: "search", arguments: SearchRequest.arguments, columns: SearchHit.columns, run: run)

    @Sendable private static func run(_ call: ProcedureCall) throws(QueryFault) {
        let request = try SearchRequest(call.values)
        let connection = try call.open()
        // One snapshot for rows and segments; it ends with the connection.
        try call.perform { () throws(StoreError) in try connection.execute("BEGIN") }
        let output = SearchOutput(call, request)
        let rows = try RowSearch(connection, call, request, output)
        let segments = try SegmentSearch(connection, call, request, output)
        defer { segments.end() }
        while !output.isFull {
            try call.checkpoint()
            // Both go from the newest on: whichever has come less far back goes on.
            switch (rows.nextAtMs, segments.nextAtMs) {
            case (nil, nil): return try end(segments)
            case (let row?, let segment?) where row > segment: try rows.searchNext()
            case (_?, nil): try rows.searchNext()
            default: try segments.searchNext()
            }
        }
        try end(segments)
    }

    /// What was damaged makes an answer that is not whole.
    private static func end(_ segments: SegmentSearch) throws(QueryFault) {
        if let fault = segments.damage.fault { throw fault }
    }
}

extension ProcedureCall {
    /// Goes to a statement's next row; `false` when there is none.
    func step(_ statement: Statement) throws(QueryFault) -> Bool {
        try perform { () throws(StoreError) in try statement.step() }
    }
}
