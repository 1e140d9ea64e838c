internal import Glibc
internal import TracewireProtocol
internal import TracewireStore

/// Writes what a collector holds into a directory: a CSV file for each table, with the columns that a plain SQLite file
/// has. The files get their names when all are whole.
struct CSVExporter {
    /// A file that is written, and which columns it has.
    private struct Table {
        let columns: [String]
        private var rows: CSVOutput

        init(_ table: PlainDatabase.Table, _ output: Output) throws {
            columns = table.columns
            rows = CSVOutput(output)
            try rows.begin(AnswerColumns(columns.map { Column(name: $0, declaredType: "") }))
        }

        mutating func write(_ answer: [AnswerRow]) throws {
            for row in answer { try rows.row(columns.map { row[$0] }) }
        }
    }

    let collector: any Answering
    let directory: ExportDirectory
    var progress = ProgressBar(terminal: .none)

    /// Everything, or one run and the user whose run it is.
    func export(run: String?) async throws {
        try await directory.write { paths in
            let outputs = try paths.map { try Output.creating($0) }
            var tables: [PlainDatabase.Table: Table] = [:]
            for (table, output) in zip(PlainDatabase.Table.allCases, outputs) {
                tables[table] = try Table(table, output)
            }
            try await RunPages(collector: collector, splitsRuns: true, progress: progress).forEach(
                run: run, users: { try tables[.users]?.write($0) },
                page: { page in
                    try tables[.workflows]?.write(page.workflows)
                    try tables[.nodes]?.write(page.nodes)
                    try tables[.generations]?.write(page.generations)
                })
            for output in outputs { try output.synchronize() }
        }
    }
}

/// The directory that CSV files are written into. It is made if it is missing.
struct ExportDirectory: Sendable {
    private let path: String
    private let files: [ExportFile]

    /// - Parameter mayReplace: whether files that exist are replaced.
    init(_ path: String, mayReplace: Bool) {
        self.path = path
        files = PlainDatabase.Table.allCases.map {
            ExportFile("\(path)/\($0.rawValue).csv", .text, mayReplace: mayReplace)
        }
    }

    /// - Throws: ``CommandFailure`` if nothing may be written there.
    func check() throws {
        guard !path.isEmpty else { throw CommandFailure(.usage, "an empty path names no directory") }
        var facts = stat()
        guard stat(path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(.usage, "\(path) is no directory, and --csv writes several files: name a directory")
        }
        for file in files { try file.check() }
    }

    /// Lets `body` write the files of the tables, in their order. If that fails, nothing is left of them.
    func write(_ body: ([String]) async throws -> Void) async throws {
        try check()
        let isMade = try make()
        do {
            try await ExportFile.write(files, body)
        } catch {
            if isMade { rmdir(path) }
            throw error
        }
    }

    /// Returns whether it was missing.
    private func make() throws -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno != EEXIST else { return false }
        throw CommandFailure(.failed, "the directory \(path) cannot be made: \(String(cString: strerror(errno)))")
    }
}
