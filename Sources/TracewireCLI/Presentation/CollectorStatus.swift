internal import TracewireProtocol

/// What a collector says of itself: the answer to its report `status`.
struct CollectorStatus {
    /// Something that is not well, as a sentence without its end.
    struct Trouble: Equatable {
        let text: String
        /// Whether it keeps the collector from its work; what does not should still be looked at soon.
        let isFailure: Bool
    }

    /// A batch that waits so long for its commit has clients behind it that wait, too.
    private static let longestWaitMs: Int64 = 10_000
    private static let leastDiskBytes: Int64 = 1_000_000_000
    /// A certificate that ends within 14 days should have been replaced.
    private static let leastCertificateMs: Int64 = 14 * 86_400_000

    let columns: AnswerColumns
    let rows: [AnswerRow]
    private let values: [String: Value]

    init(_ columns: AnswerColumns, _ rows: [AnswerRow]) {
        self.columns = columns
        self.rows = rows
        values = Dictionary(
            rows.compactMap { row in row.text("name").map { ($0, row["value"]) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Asks a collector.
    init(of collector: some Answering) async throws {
        var columns = AnswerColumns([])
        var rows: [AnswerRow] = []
        try await collector.ask(
            .report("status"), limits: QuestionLimits(), columns: { columns = $0 },
            row: { rows.append(AnswerRow(columns, $0)) })
        self.init(columns, rows)
    }

    /// A figure; NULL where the collector is older than it, or does not tell.
    subscript(name: String) -> Value { values[name] ?? .null }

    func integer(_ name: String) -> Int64? {
        if case .integer(let value) = self[name] { value } else { nil }
    }

    private func text(_ name: String) -> String? {
        if case .text(let value) = self[name] { value } else { nil }
    }

    /// Whether it says nothing of the collector as a whole, because whoever asks is not its operator.
    var isOfProject: Bool { values["uptime_ms"] == .null }

    /// What somebody should know who misses figures.
    static let ofProject = "figures of the whole collector need the role admin in the project 'default'"

    /// What is not well, the worst first.
    var troubles: [Trouble] {
        var troubles: [Trouble] = []
        if let error = text("store_error") {
            troubles.append(Trouble(text: "not committing: \(error)", isFailure: true))
        }
        if let error = text("maintenance_error") {
            troubles.append(Trouble(text: "maintenance fails: \(error)", isFailure: true))
        }
        if let wait = integer("oldest_unacknowledged_ms"), wait >= Self.longestWaitMs {
            let text = "slow: the oldest batch has waited \(Moment.Span.shown(wait)) for its commit"
            troubles.append(Trouble(text: text, isFailure: false))
        }
        if let shortage = text("disk_shortage") {
            troubles.append(Trouble(text: "the database takes more room than it may: \(shortage)", isFailure: false))
        }
        if let free = integer("disk_free_bytes"), free < Self.leastDiskBytes {
            let text = "little room: \(ByteCount.shown(free)) are left on the database's disk"
            troubles.append(Trouble(text: text, isFailure: false))
        }
        if let error = text("tokens_error") {
            let text = "old tokens hold, also those that were revoked: \(error)"
            troubles.append(Trouble(text: text, isFailure: false))
        }
        return troubles + certificateTroubles
    }

    private var certificateTroubles: [Trouble] {
        var troubles: [Trouble] = []
        if let error = text("tls_error") {
            troubles.append(Trouble(text: "old certificate: \(error)", isFailure: false))
        }
        if let end = integer("tls_certificate_expires_ms") {
            let left = end - WallClock.nowMs()
            if left < Self.leastCertificateMs {
                let text = left > 0 ? "ends in \(Moment.Span.shown(left))" : "has ended"
                troubles.append(Trouble(text: "the TLS certificate \(text)", isFailure: false))
            }
        }
        return troubles
    }

    /// Why the collector does not do its work; `nil` if it does.
    var failure: String? { troubles.first { $0.isFailure }?.text }
}
