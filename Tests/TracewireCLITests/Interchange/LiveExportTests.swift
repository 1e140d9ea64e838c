import Foundation
import Testing
import Tracewire
import TracewireProtocol

@testable import TracewireCLI

/// A collector to which something comes just before it is asked for something.
private struct BusyCollector: Answering {
    let collector: any Answering
    /// What happens before the second one of these reports is asked for.
    let reports: [String]
    let before: () async throws -> Void
    private let asked = Asked()

    private final class Asked {
        var count = 0
    }

    init(_ collector: any Answering, second reports: [String], _ before: @escaping () async throws -> Void) {
        self.collector = collector
        self.reports = reports
        self.before = before
    }

    func ask(
        _ request: Query.Request, limits: QuestionLimits, columns: (AnswerColumns) throws -> Void,
        row: ([Value]) throws -> Void
    ) async throws {
        if case .report(let name, _) = request, reports.contains(name) {
            asked.count += 1
            if asked.count == 2 { try await before() }
        }
        try await collector.ask(request, limits: limits, columns: columns, row: row)
    }
}

@Suite("export while something is recorded")
struct LiveExportTests {
    private static let workflow = "0199c8aa-0000-7000-8000-000000000001"
    private static let later = "0199c8aa-0000-7000-8000-000000000002"
    private static let node = "0199c8aa-0000-7000-8000-000000000003"

    private static func start(_ workflow: String, _ user: String) -> String {
        """
        {"event":"user","username":"\(user)","at_ms":1770000000000}
        {"event":"workflow.start","workflow":"\(workflow)","username":"\(user)","name":"x","at_ms":1770000000000}

        """
    }

    private static let call = """
        {"event":"node.start","workflow":"\(workflow)","node":"\(node)","node_name":"n","node_type":"llm",\
        "execution_order":1,"at_ms":1770000000001}
        {"event":"generation","generation":"0199c8aa-0000-7000-8000-000000000004","workflow":"\(workflow)",\
        "node":"\(node)","model_name":"m","at_ms":1770000000002}

        """

    /// Exports while `events` come before the second of `reports`; returns the plain database and the events.
    private func export(
        _ events: String, beforeSecond reports: [String]
    ) async throws -> (directory: TestDirectory, plain: String, lines: [String]) {
        try await export(Self.start(Self.workflow, "mina"), beforeSecond: reports) { process in
            let imported = try await process.run("import", "-", input: events)
            #expect(imported.exit == 0, "\(imported.errors)")
        }
    }

    /// The same with what is there at first, and what happens.
    private func export(
        _ first: String, beforeSecond reports: [String], _ happens: @escaping (CollectorProcess) async throws -> Void
    ) async throws -> (directory: TestDirectory, plain: String, lines: [String]) {
        let directory = try TestDirectory()
        for form in ["plain", "lines"] {
            let process = try await CollectorProcess(directory: directory, database: "\(form).traces")
            #expect(try await process.run("import", "-", input: first).exit == 0)
            let address = try #require(CollectorAddress(process.address))
            try await RemoteCollector.with(address, access: CollectorAccess()) { collector in
                let busy = BusyCollector(collector, second: reports) { try await happens(process) }
                if form == "plain" {
                    let path = directory.file("plain.db")
                    try await PlainExporter(collector: busy, path: path, mayReplace: false).export()
                } else {
                    let output = try Output.creating(directory.file("lines.ndjson"))
                    try await Exporter(collector: busy, output: output).export()
                    try output.flush()
                }
            }
        }
        let text = String(decoding: try directory.read("lines.ndjson"), as: UTF8.self)
        return (directory, directory.file("plain.db"), text.split(separator: "\n").map(String.init))
    }

    private func count(_ plain: String, _ sql: String) async throws -> String {
        let sqlite = Program(executable: URL(filePath: "/usr/bin/env"))
        return try await sqlite.run(["sqlite3", plain, sql]).text
    }

    @Test("a call comes with its node, although both came while the run was read")
    func nodes() async throws {
        let (directory, plain, lines) = try await export(Self.call, beforeSecond: ["nodes", "generations"])
        #expect(try await count(plain, "PRAGMA foreign_key_check").isEmpty)
        let hasCall = lines.contains { $0.contains(#""event":"generation""#) }
        let hasNode = lines.contains { $0.contains(#""event":"node.start""#) }
        #expect(hasNode || !hasCall)
        withExtendedLifetime(directory) {}
    }

    @Test("a run that is pruned while it is read is not there, and no half of it")
    func prune() async throws {
        let end = #"{"event":"workflow.end","workflow":"\#(Self.workflow)","status":"completed","at_ms":1770000000003}"#
        let run = Self.start(Self.workflow, "mina") + Self.call + end + "\n"
        let (directory, plain, lines) = try await export(run, beforeSecond: ["nodes", "generations"]) { process in
            let pruned = try await process.run("prune", "--older-than", "1d", "--yes")
            #expect(pruned.exit == 0, "\(pruned.errors)")
        }
        #expect(try await count(plain, "PRAGMA foreign_key_check").isEmpty)
        #expect(try await count(plain, "SELECT count(*) FROM workflows") == "0\n")
        #expect(!lines.contains { $0.contains(Self.workflow) })
        withExtendedLifetime(directory) {}
    }

    @Test("a run comes with its user, although the users had been read when both came")
    func users() async throws {
        let (directory, plain, lines) = try await export(
            Self.start(Self.later, "jun"), beforeSecond: ["workflow_page"])
        #expect(try await count(plain, "SELECT count(*) FROM workflows JOIN users ON users.id = user_id") == "2\n")
        let user = lines.firstIndex { $0.contains(#""username":"jun""#) && $0.hasPrefix(#"{"event":"user""#) }
        let run = lines.firstIndex { $0.contains(Self.later) }
        #expect(try #require(user) < #require(run))
        withExtendedLifetime(directory) {}
    }
}
