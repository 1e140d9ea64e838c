internal import TracewireProtocol

/// One run that is too large to be held in memory, read part by part.
struct RunParts {
    private enum Table: String, CaseIterable {
        case nodes
        case generations
    }

    let collector: any Answering
    let workflow: AnswerRow

    private var id: Int64 { workflow.integer("id") ?? 0 }

    /// Hands over the workflow, then its nodes, then its generations, so that each row comes after those that it names.
    ///
    /// Its generations are read last: one whose node came meanwhile is left out, as the node is.
    ///
    /// - Throws: ``CommandFailure`` if the run is pruned meanwhile, or what `page` throws.
    func read(_ page: (RunPages.Page) async throws -> Void) async throws {
        try await page(RunPages.Page(workflows: [workflow], nodes: [], generations: [], sheds: []))
        var known: Set<Int64> = []
        try await forEach(.nodes) { rows in
            known.formUnion(rows.compactMap { $0.integer("id") })
            try await page(RunPages.Page(workflows: [], nodes: rows, generations: [], sheds: []))
        }
        try await forEach(.generations) { rows in
            let placed = rows.filter { row in row.integer("node_id").map { known.contains($0) } ?? true }
            try await page(RunPages.Page(workflows: [], nodes: [], generations: placed, sheds: []))
        }
    }

    /// Hands over its nodes in their order, some at a time; each time they were read whole, and no query waits for whoever
    /// takes them.
    ///
    /// - Throws: as ``read(_:)``.
    func readNodes(_ body: ([AnswerRow]) async throws -> Void) async throws {
        try await forEach(.nodes, body)
    }

    private func forEach(_ table: Table, _ body: ([AnswerRow]) async throws -> Void) async throws {
        var last: Int64?
        var size: Int64 = 64
        while true {
            guard let rows = try await part(table, behind: last, size) else {
                size = max(1, size / 8)
                continue
            }
            // Also after the last part: of a run that is gone there is none.
            try await checkPresence()
            guard let next = rows.last?.integer("id") else { return }
            try await body(rows)
            last = next
            size = RunPages.pageSize(after: size, of: rows.reduce(0) { $0 + $1.payloadBytes })
        }
    }

    /// `nil` if so many rows are too large. A single one may be as large as a row may be.
    private func part(_ table: Table, behind last: Int64?, _ size: Int64) async throws -> [AnswerRow]? {
        let arguments: [String: Value?] = [
            "first": .integer(id), "last": .integer(id), "after_id": last.map(Value.integer), "limit": .integer(size),
        ]
        let limits = QuestionLimits(maximumBytes: size > 1 ? RunPages.answerBytes : 0)
        do {
            return try await collector.rows(.report(table.rawValue, arguments), limits: limits)
        } catch let failure as CommandFailure where RunPages.isLimit(failure) && size > 1 {
            return nil
        }
    }

    /// A run that is pruned goes at once, or is marked before anything of it goes. What came of it cannot be taken back everywhere.
    private func checkPresence() async throws {
        guard try await RunPages.present(id, id, collector).isEmpty else { return }
        throw CommandFailure(
            .failed, "run \(id) was pruned while it was being read, so what came of it is not whole")
    }
}
