internal import TracewireProtocol

/// A collector that is asked again, for all but the damaged values, where one of them ends an answer.
struct ReadingPastDamage: Answering {
    /// Those that take `skip_damaged`.
    private static let reports: Set<String> = [
        "workflow", "workflow_page", "nodes", "generations", "nodes_outline", "generations_outline", "errors", "events",
    ]

    let collector: any Answering
    private let damage = Damage()

    private final class Damage {
        var isFound = false
    }

    init(_ collector: any Answering) {
        self.collector = collector
    }

    func ask(
        _ request: Query.Request, limits: QuestionLimits, columns: (AnswerColumns) throws -> Void,
        row: ([Value]) throws -> Void
    ) async throws {
        guard case .report(let name, var arguments) = request, Self.reports.contains(name) else {
            return try await collector.ask(request, limits: limits, columns: columns, row: row)
        }
        var found: (columns: AnswerColumns, rows: [[Value]])
        do {
            found = try await whole(request, limits)
        } catch let failure as CommandFailure where failure.code == .storageUnavailable {
            arguments["skip_damaged"] = .integer(1)
            found = try await whole(.report(name: name, arguments: arguments), limits)
            damage.isFound = true
        }
        try columns(found.columns)
        for values in found.rows { try row(values) }
    }

    /// In memory: what is handed over cannot be taken back.
    private func whole(
        _ request: Query.Request, _ limits: QuestionLimits
    ) async throws -> (columns: AnswerColumns, rows: [[Value]]) {
        var columns = AnswerColumns([])
        var rows: [[Value]] = []
        try await collector.ask(request, limits: limits, columns: { columns = $0 }, row: { rows.append($0) })
        return (columns, rows)
    }

    /// Whether something was left out so far.
    var isDamaged: Bool { damage.isFound }

    /// Says at the end that something was left out.
    ///
    /// - Throws: ``CommandFailure`` if so.
    func finish() throws {
        guard isDamaged else { return }
        throw CommandFailure(
            .failed, "some values are damaged and were left out; 'tracewire check' names them",
            code: .storageUnavailable)
    }
}
