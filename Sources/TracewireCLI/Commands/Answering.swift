internal import TracewireProtocol

/// Bounds that a question asks for; `nil` and 0 leave it to the collector.
struct QuestionLimits {
    var timeout: Duration?
    var maximumRows: UInt64 = 0
}

/// Something that answers questions: a collector, over its protocol.
protocol Answering {
    /// Asks, and hands over the columns and then the rows as they come.
    ///
    /// - Throws: ``CommandFailure``, or what `columns` and `row` throw.
    func ask(
        _ request: Query.Request, limits: QuestionLimits, columns: (AnswerColumns) throws -> Void,
        row: ([Value]) throws -> Void
    ) async throws -> Summary
}

extension Answering {
    /// Asks for a report, and writes its rows to `output` as they come.
    ///
    /// - Throws: ``CommandFailure`` if the answer is not whole; what came of it has been written.
    func write(
        _ request: Query.Request, limits: QuestionLimits = QuestionLimits(), to rows: any RowOutput
    ) async throws {
        var rows = rows
        let summary = try await ask(
            request, limits: limits, columns: { try rows.begin($0) }, row: { try rows.row($0) })
        if summary.code == .ok || summary.rows > 0 { try rows.end() }
        try summary.check()
    }

    /// All rows of a small report.
    func rows(_ request: Query.Request) async throws -> [AnswerRow] {
        var columns = AnswerColumns([])
        var rows: [AnswerRow] = []
        let summary = try await ask(
            request, limits: QuestionLimits(), columns: { columns = $0 },
            row: { rows.append(AnswerRow(columns, $0)) })
        try summary.check()
        return rows
    }
}

extension Summary {
    /// - Throws: ``CommandFailure`` unless the query ended well.
    func check() throws {
        guard code != .ok else { return }
        throw CommandFailure(.failed, "\(message) (\(code))", code: code)
    }
}

extension Query.Request {
    /// A report with the arguments that are present.
    static func report(_ name: String, _ arguments: [String: Value?] = [:]) -> Query.Request {
        .report(name: name, arguments: arguments.compactMapValues { $0 })
    }
}
