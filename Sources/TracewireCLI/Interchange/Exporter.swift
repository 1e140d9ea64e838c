internal import TracewireProtocol

/// Writes what a collector holds as events.
struct Exporter {
    let collector: any Answering
    let output: Output
    var progress = ProgressBar(terminal: .none)

    /// All users, then all runs; or one run, and the user whose run it is.
    func export(run: String? = nil) async throws {
        try await RunPages(collector: collector, progress: progress).forEach(
            run: run, users: { users in for user in users { try output.write(values: Self.line(user: user)) } },
            page: write)
    }

    private func write(_ page: RunPages.Page) throws {
        var runs: [Int64: RunEvents] = [:]
        for row in page.workflows { runs[row.integer("id") ?? 0] = RunEvents(row) }
        for row in page.nodes { runs[row.integer("workflow_id") ?? 0]?.append(node: row) }
        for row in page.generations { runs[row.integer("workflow_id") ?? 0]?.append(generation: row) }
        for row in page.sheds { runs[row.integer("workflow_id") ?? 0]?.append(shed: row) }
        for key in runs.keys.sorted() {
            for line in runs[key]?.lines() ?? [] { try output.write(values: line) }
        }
    }

    private static func line(user row: AnswerRow) -> [UInt8] {
        var line = EventLine(.user)
        line.text(.username, row.text("username"))
        line.text(.email, row.text("email"))
        line.integer(.atMs, row.integer("created_at"))
        return line.ended()
    }
}
