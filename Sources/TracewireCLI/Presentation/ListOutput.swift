internal import TracewireProtocol

/// The rows of a list up to its limit. It is asked for one row more, so that it can be said whether there are others.
final class ListOutput: RowOutput {
    private var rows: any RowOutput
    private let limit: Int64
    private var count: Int64 = 0

    init(_ rows: any RowOutput, limit: Int64) {
        self.rows = rows
        self.limit = limit
    }

    /// Most rows that may be listed at a time; the collector allows more.
    static let largestLimit: Int64 = 10_000

    /// What to ask for.
    var asked: Int64 { limit + 1 }

    func begin(_ columns: AnswerColumns) throws {
        try rows.begin(columns)
    }

    func row(_ values: [Value]) throws {
        count += 1
        if count <= limit { try rows.row(values) }
    }

    func end() throws {
        try rows.end()
    }

    /// Says on standard error that there is more, if there is. To be called when the list is written.
    ///
    /// - Parameters:
    ///   - advice: how to see the rest.
    ///   - which: what is listed first.
    func note(_ advice: String, first which: String = "newest") {
        guard count > limit else { return }
        Diagnostics.note("the \(which) \(Plural.of(Int(limit), "row")) of more: \(advice)")
    }
}
