internal import TracewireProtocol
internal import TracewireStore

/// Writes what a collector holds into a plain SQLite file, which gets its name when it is whole.
struct PlainExporter {
    let collector: any Answering
    let path: String
    /// Whether a file that exists is replaced.
    let mayReplace: Bool
    var progress = ProgressBar(terminal: .none)

    func export() async throws {
        try await ExportFile(path, .database, mayReplace: mayReplace).write { unfinished in
            do {
                try await write(unfinished)
            } catch let error as StoreError {
                throw CommandFailure(.failed, error.message)
            }
        }
    }

    private func write(_ unfinished: String) async throws {
        let database = try PlainDatabase(creating: unfinished)
        try await RunPages(collector: collector, splitsRuns: true, progress: progress).forEach(
            users: { try Self.insert($0, .users, database) },
            page: { page in
                try Self.insert(page.workflows, .workflows, database)
                try Self.insert(page.nodes, .nodes, database)
                try Self.insert(page.generations, .generations, database)
            })
        try database.finish()
    }

    private static func insert(
        _ rows: [AnswerRow], _ table: PlainDatabase.Table, _ database: PlainDatabase
    ) throws {
        let columns = rows.first?.columns.columns.map(\.name) ?? []
        try database.insert(into: table, columns: columns, rows: rows.map(\.values))
    }
}
