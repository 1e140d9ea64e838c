internal import TracewireProtocol

/// Bounds that a question asks for; `nil` and 0 leave it to the collector.
struct QuestionLimits {
    var timeout: Duration?
    var maximumRows: UInt64 = 0
    var maximumBytes: UInt64 = 0
}

/// Something that answers questions: a collector, over its protocol.
protocol Answering {
    /// Asks, and hands over the columns and then the rows as they come.
    ///
    /// - Throws: ``CommandFailure`` if there is no answer or it is not whole, or what `columns` and `row` throw.
    func ask(
        _ request: Query.Request, limits: QuestionLimits, columns: (AnswerColumns) throws -> Void,
        row: ([Value]) throws -> Void
    ) async throws
}

extension Answering {
    /// Asks for a report, and writes its rows to `output` as they come. What came of an answer that is cut short is
    /// written, too.
    func write(
        _ request: Query.Request, limits: QuestionLimits = QuestionLimits(), to rows: any RowOutput
    ) async throws {
        var rows = rows
        var hasRows = false
        do {
            try await ask(
                request, limits: limits, columns: { try rows.begin($0) },
                row: { values in
                    hasRows = true
                    try rows.row(values)
                })
        } catch let failure as CommandFailure {
            if hasRows { try rows.end() }
            throw failure
        }
        try rows.end()
    }

    /// All rows of a report, in memory.
    func rows(_ request: Query.Request, limits: QuestionLimits = QuestionLimits()) async throws -> [AnswerRow] {
        var columns = AnswerColumns([])
        var rows: [AnswerRow] = []
        try await ask(
            request, limits: limits, columns: { columns = $0 }, row: { rows.append(AnswerRow(columns, $0)) })
        return rows
    }
}

extension Query.Request {
    /// A report with the arguments that are present.
    static func report(_ name: String, _ arguments: [String: Value?] = [:]) -> Query.Request {
        .report(name: name, arguments: arguments.compactMapValues { $0 })
    }
}
