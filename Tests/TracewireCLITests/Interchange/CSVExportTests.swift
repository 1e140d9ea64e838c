import Foundation
import Testing

@Suite("export --csv", .timeLimit(.minutes(5)))
struct CSVExportTests {
    private let directory: TestDirectory
    private var tables: String { directory.file("tables") }

    init() throws {
        directory = try TestDirectory()
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: tables).sorted()
    }

    private static let names = ["generations.csv", "nodes.csv", "users.csv", "workflows.csv"]

    @Test("the files say what the plain database says, value by value")
    func traffic() async throws {
        try await ExportOracles.forEachTraffic { oracles in
            let exported = try await oracles.collector.run("export", "--csv", tables, "--force")
            #expect(exported.exit == 0 && exported.text.isEmpty && exported.errors.isEmpty, "\(exported.errors)")
            try await oracles.expectCSV(tables)
        }
    }

    @Test("one run comes with its user")
    func oneRun() async throws {
        let collector = try await CollectorProcess.withSamples()
        #expect(try await collector.run("export", "--csv", tables, "--run", SampleRuns.failed).exit == 0)
        let lines = try Self.names.map { name in
            try String(decoding: directory.read("tables/\(name)"), as: UTF8.self).split(separator: "\n").dropFirst()
        }
        // A traceback of the node has a line feed in it.
        #expect(lines.map(\.count) == [1, 2, 1, 1])
        #expect(lines[1].first?.contains("upstream 503") == true)
        #expect(lines[2].first?.contains(",mina,mina@mail.example,") == true)
        #expect(lines[3].first?.hasPrefix("2,\(SampleRuns.failed),1,date_course,failed,") == true)
    }

    @Test("an empty collector gives the names of the columns")
    func empty() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("export", "--csv", tables).exit == 0)
        #expect(try directory.read("tables/users.csv") == Data("id,uuid,username,email,created_at,updated_at\n".utf8))
        #expect(try files() == Self.names)
    }

    @Test("files that are there want --force, and other files stay")
    func replacing() async throws {
        let collector = try await CollectorProcess.withSamples()
        #expect(try await collector.run("export", "--csv", tables).exit == 0)
        let nodes = try directory.read("tables/nodes.csv")
        _ = try directory.write("kept", to: "tables/nodes.csv")
        _ = try directory.write("mine", to: "tables/notes.txt")
        try FileManager.default.removeItem(atPath: directory.file("tables/users.csv"))
        let refused = try await collector.run("export", "--csv", tables)
        #expect(
            refused.exit == 2 && refused.errors.contains(".csv exists already") && refused.errors.contains("--force"))
        #expect(try directory.read("tables/nodes.csv") == Data("kept".utf8))
        #expect(try !files().contains("users.csv"))
        #expect(try await collector.run("export", "--csv", tables + "/", "--force").exit == 0)
        #expect(try directory.read("tables/nodes.csv") == nodes)
        #expect(try files() == (Self.names + ["notes.txt"]).sorted())
    }

    @Test("what fails leaves neither files nor a directory")
    func failing() async throws {
        let collector = try await CollectorProcess.withSamples()
        #expect(try await collector.run("export", "--csv", tables, "--run", "99").exit == 1)
        #expect(try await collector.run("export", "--csv", directory.file("none/tables")).exit == 1)
        let file = try directory.write("kept", to: "file")
        let refused = try await collector.run("export", "--csv", file, "--force")
        #expect(refused.exit == 2 && refused.errors.contains("\(file) is no directory"))
        _ = await collector.end(SIGTERM)
        #expect(try await collector.run("export", "--csv", tables).exit == 3)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
        #expect(try directory.read("file") == Data("kept".utf8))
    }

    @Test("a disk that is full is named with the file")
    func full() async throws {
        let collector = try await CollectorProcess.withSamples()
        var program = collector.program
        program.executable = Program.python.executable
        // SIGXFSZ is what the limit sends, and ends the process unless it is ignored, as a shell can have it.
        program.leading = ["sh", "-c", "trap '' XFSZ; exec prlimit --fsize=250 \"$@\"", "sh", Paths.tracewire.path]
        let outcome = try await program.run(["export", "--csv", tables])
        #expect(outcome.exit == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("cannot write the output"))
        #expect(!FileManager.default.fileExists(atPath: tables))
    }
}
