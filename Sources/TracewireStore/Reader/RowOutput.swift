internal import CSQLite
internal import TracewireProtocol

/// Delivers the rows of a question in bodies, and counts them against the limits.
struct RowOutput {
    private let limits: QueryLimits
    private var writer = RowsWriter()
    /// Rows of bodies that were delivered whole.
    private(set) var rowCount: UInt64 = 0
    /// Bytes of bodies that were delivered whole.
    private(set) var byteCount: UInt64 = 0

    init(limits: QueryLimits) {
        self.limits = limits
    }

    mutating func run(
        _ question: Question, _ watch: Watch, columns: (Columns) throws -> Void,
        rows: ([UInt8]) throws -> Void
    ) throws(QueryFault) {
        let hasRow = try step(question, watch)
        if !hasRow, let fault = question.emptyFault { throw fault }
        if question.isUnique && hasRow { return try runUnique(question, watch, columns, rows) }
        try deliver { try columns(question.columns) }
        guard hasRow else { return }
        do throws(QueryFault) {
            repeat { try copyRow(question, watch, rows) } while try step(question, watch)
        } catch {
            // What was within the limits is delivered; who does not listen any more gets nothing.
            if error.code != .cancelled { try flush(rows) }
            throw error
        }
        try flush(rows)
    }

    /// Delivers the rows that a procedure makes.
    mutating func run(
        _ procedure: Procedure, _ arguments: [String: Value], path: String, _ watch: Watch,
        columns: (Columns) throws -> Void, rows: ([UInt8]) throws -> Void
    ) throws(QueryFault) {
        let values = try Report.values(of: procedure.arguments, arguments, for: procedure.name)
        try deliver { try columns(procedure.columns) }
        try withoutActuallyEscaping(rows) { (rows) throws(QueryFault) in
            var output = self
            defer { self = output }
            do throws(QueryFault) {
                try procedure.run(
                    ProcedureCall(path: path, values: values, watch: watch) { (row) throws(QueryFault) in
                        try output.append(row, watch)
                        if procedure.sendsEachRow || output.writer.count >= StoreReader.bodyBytes {
                            try output.flush(rows)
                        }
                    })
            } catch {
                // Who does not listen any more gets nothing; the row that was too much is among those that are left.
                if error.code != .cancelled && error.code != .byteLimit { try output.flush(rows) }
                throw error
            }
            try output.flush(rows)
        }
    }

    private mutating func append(_ row: [Value], _ watch: Watch) throws(QueryFault) {
        if let fault = watch.fault { throw fault }
        guard rowCount + UInt64(writer.rows) < limits.rows else {
            throw tooManyRows
        }
        for value in row { writer.value(value) }
        writer.endRow()
        guard byteCount + UInt64(writer.count) <= limits.bytes else {
            throw QueryFault(.byteLimit, "the rows take more than \(limits.bytes) bytes")
        }
    }

    private var tooManyRows: QueryFault {
        QueryFault(
            .rowLimit,
            "there are more than \(limits.rows) rows, the most that the question and query_rows of the collector allow")
    }

    /// One row; a second one means that the question named more than one thing.
    private mutating func runUnique(
        _ question: Question, _ watch: Watch, _ columns: (Columns) throws -> Void,
        _ rows: ([UInt8]) throws -> Void
    ) throws(QueryFault) {
        let description = question.columns
        try question.copyRow(to: &writer, watch, atMost: limits.memoryBytes)
        guard try !step(question, watch) else {
            throw QueryFault(.invalidArgument, "more than one has an identifier that begins like this")
        }
        try deliver { try columns(description) }
        try flush(rows)
    }

    private func step(
        _ question: Question, _ watch: Watch
    ) throws(QueryFault) -> Bool {
        let result = sqlite3_step(question.statement.handle)
        switch result & 0xff {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        // An interruption may look like another failure: a function that was reading a segment says that it could not.
        case _ where watch.fault != nil: throw watch.fault ?? QueryFault(.cancelled, "the query was interrupted")
        case SQLITE_INTERRUPT: throw QueryFault(.cancelled, "the query was interrupted")
        case SQLITE_AUTH: throw QueryFault(.notPermitted, "only a SELECT that reads may be asked")
        case SQLITE_CORRUPT, SQLITE_IOERR, SQLITE_NOTADB, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_BUSY:
            throw QueryFault(.storageUnavailable, question.statement.connection.failure(result).message)
        case SQLITE_TOOBIG: throw QueryFault(.sqlError, tooLarge(question.statement.connection))
        default: throw QueryFault(.sqlError, question.statement.connection.message)
        }
    }

    private func tooLarge(_ connection: Connection) -> String {
        let bytes = sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, -1)
        return "\(connection.message): a statement of this length may use values of up to \(bytes) bytes"
    }

    private mutating func copyRow(
        _ question: Question, _ watch: Watch, _ rows: ([UInt8]) throws -> Void
    ) throws(QueryFault) {
        if let fault = watch.fault { throw fault }
        guard rowCount + UInt64(writer.rows) < limits.rows else {
            throw tooManyRows
        }
        let bytes = question.rowBytes
        guard byteCount + UInt64(writer.count + bytes) <= limits.bytes else {
            throw QueryFault(.byteLimit, "the rows take more than \(limits.bytes) bytes")
        }
        if writer.rows > 0 && writer.count + bytes > StoreReader.bodyBytes { try flush(rows) }
        try question.copyRow(to: &writer, watch, atMost: limits.memoryBytes)
    }

    private mutating func flush(_ rows: ([UInt8]) throws -> Void) throws(QueryFault) {
        guard writer.rows > 0 else { return }
        let rowsInBody = UInt64(writer.rows)
        let body = writer.take()
        try deliver { try rows(body) }
        rowCount += rowsInBody
        byteCount += UInt64(body.count)
    }

    private func deliver(_ body: () throws -> Void) throws(QueryFault) {
        do {
            try body()
        } catch {
            throw QueryFault(.cancelled, "nobody listens to the answer any more")
        }
    }
}
