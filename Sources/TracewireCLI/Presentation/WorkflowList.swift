internal import TracewireProtocol

/// A list of runs, newest first, that is asked for a page at a time: no more than somebody reads.
final class WorkflowList {
    private var rows: any RowOutput
    private let output: Output
    private let limit: Int64?
    private var count: Int64 = 0
    private var statuses: [String: Int] = [:]
    /// The last row that was asked for, behind which the next page begins.
    private var last: AnswerRow?
    private var hasBegun = false

    /// - Parameters:
    ///   - output: where `rows` are written to; what is asked for of it is written out page by page.
    ///   - limit: most rows; `nil` for all.
    init(_ rows: any RowOutput, _ output: Output, limit: Int64?) {
        (self.rows, self.output, self.limit) = (rows, output, limit)
    }

    /// Whether there were more rows than were wanted.
    var isCut: Bool { limit.map { count > $0 } ?? false }

    private static let pageRows: Int64 = 200

    /// Writes the runs that pass the filters. What came of an answer that is cut short is written, too.
    func write(_ filters: [String: Value?], from collector: any Answering) async throws {
        // One row more says whether there are others.
        let page = limit.map { $0 + 1 } ?? Self.pageRows
        var arguments = filters
        arguments["limit"] = .integer(page)
        var asked: Int64 = 0
        do {
            repeat {
                asked += page
                try await collector.ask(
                    .report("workflows", arguments), limits: QuestionLimits(), columns: begin, row: row)
                arguments["before_id"] = last?["id"]
                arguments["before_at"] = last?["created_at"]
                try output.flush()
            } while limit == nil && count == asked
        } catch let failure as CommandFailure {
            if count > 0 { try rows.end() }
            throw failure
        }
        try rows.end()
    }

    private var columns = AnswerColumns([])

    private func begin(_ columns: AnswerColumns) throws {
        guard !hasBegun else { return }
        (hasBegun, self.columns) = (true, columns)
        try rows.begin(columns)
    }

    private func row(_ values: [Value]) throws {
        count += 1
        guard !isCut else { return }
        let row = AnswerRow(columns, values)
        last = row
        if let status = row.text("status") { statuses[status, default: 0] += 1 }
        try rows.row(values)
    }

    /// How many of those that were written have which status.
    func writeFoot() throws {
        guard count > 0 else { return }
        var line = StyledLine()
        line.append(Plural.of(statuses.values.reduce(0, +), "workflow"), .bold)
        var separator = ": "
        for status in StatusEntity.workflow.statuses {
            guard let count = statuses[status.name] else { continue }
            line.append(separator)
            line.append("\(count) \(status.name)", status.style)
            separator = ", "
        }
        try output.line(line.text(for: output.terminal))
    }
}
