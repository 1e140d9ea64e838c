import Foundation
import Testing

/// Exports of one collector, compared with each other by Python's modules and Google's.
struct ExportOracles {
    let collector: CollectorProcess
    let directory: TestDirectory

    /// How the collector's exports end: 1 where it has damaged values.
    private let exit: Int32

    init(_ collector: CollectorProcess, fails: Bool = false) throws {
        self.collector = collector
        exit = fails ? 1 : 0
        directory = try TestDirectory()
    }

    /// Events that others wrote, imported into a collector of their own.
    static func importing(_ events: String) async throws -> ExportOracles {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let imported = try await collector.run("import", events)
        #expect(imported.exit == 0, "\(imported.text)\(imported.errors)")
        return try ExportOracles(collector)
    }

    /// Imports traffic of every kind, each into a collector of its own.
    static func forEachTraffic(_ body: (ExportOracles) async throws -> Void) async throws {
        let directory = try TestDirectory()
        let writers: [() async throws -> String] = [
            { try await Traffic.writeWorkload(workflows: 20, to: directory) },
            { try await Traffic.write(.planner, seed: 9, workflows: 20, to: directory) },
            { try await Traffic.write(.odd, seed: 6, workflows: 40, to: directory) },
            { try await Traffic.writeOddRuns(to: directory) },
        ]
        for write in writers { try await body(try await importing(try await write())) }
    }

    /// The CSV files of `export --csv` against the database of `export --sqlite`.
    func expectCSV(_ tables: String) async throws {
        let plain = try await plainDatabase()
        let compared = try await Program.python("compare_csv.py", [tables, plain])
        #expect(compared.exit == 0, "\(compared.errors)")
    }

    func plainDatabase() async throws -> String {
        let plain = directory.file("plain.db")
        #expect(try await collector.run("export", "--sqlite", plain, "--force").exit == exit)
        return plain
    }

    /// The lines of `export --otlp` against the events of `export`; all, or those of one run.
    ///
    /// - Returns: how many lines, traces and spans there are, and the longest line of several spans.
    @discardableResult
    func expectTraces(_ traces: String, run: String? = nil) async throws -> [Int] {
        let exported = try await collector.program.run(["export"] + (run.map { ["--run", $0] } ?? []))
        #expect(exported.exit == exit, "\(exported.errors)")
        try exported.output.write(to: URL(filePath: directory.file("exported.ndjson")))
        let checked = try await Program.oracle("check_otlp.py", [traces, directory.file("exported.ndjson")])
        #expect(checked.exit == 0, "\(checked.errors)")
        return checked.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    }
}

extension Traffic {
    /// The traffic of `generate.py`, where there is one; else what is like it.
    static func writeWorkload(workflows: Int, to directory: TestDirectory) async throws -> String {
        guard let workload else { return try await write(.planner, seed: 20, workflows: workflows, to: directory) }
        let made = try await Program.python.run(["python3", "\(workload)/generate.py", "--workflows", "\(workflows)"])
        try made.output.write(to: URL(filePath: directory.file("events.ndjson")))
        return directory.file("events.ndjson")
    }

    /// Runs that are hard to export.
    static func writeOddRuns(to directory: TestDirectory) async throws -> String {
        let made = try await Program.python("odd_runs.py", [])
        try #require(made.exit == 0, "\(made.errors)")
        try made.output.write(to: URL(filePath: directory.file("events.ndjson")))
        return directory.file("events.ndjson")
    }
}
