import Foundation
import Testing

@Suite("What serve logs", .timeLimit(.minutes(5)))
struct LogTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private static func object(_ line: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }

    @Test("is one JSON object a line with --log-format json, and by a setting, too", arguments: [true, false])
    func json(byOption: Bool) async throws {
        let collector = try await CollectorProcess(
            directory: directory,
            environment: byOption ? [:] : ["TRACEWIRE_LOG_FORMAT": "json", "TRACEWIRE_LOG_LEVEL": "info"],
            arguments: byOption ? ["--log-format", "json", "--log-level", "info"] : [])
        let announcement = try Self.object(collector.announcement)
        #expect((announcement["message"] as? String)?.hasPrefix("tracewire listens on \(collector.address), ") == true)
        #expect(announcement["time"] is String && announcement["level"] as? String == "notice")
        let stranger = try await Program.python("stranger.py", [collector.address, "GET / HTTP/1.1\r\n\r\n"])
        #expect(stranger.exit == 0, "\(stranger.errors)")
        #expect(await collector.end(SIGTERM) == 0)
        let lines = String(decoding: try directory.read("errors"), as: UTF8.self).split(separator: "\n")
        #expect(!lines.isEmpty)
        for line in lines {
            let object = try Self.object(line)
            #expect(object["time"] is String && object["level"] as? String == "info" && object["message"] is String)
        }
        #expect(lines.contains { $0.contains(#""code":"not_tracewire""#) })
    }

    @Test("is JSON to the end, also where the collector cannot start")
    func lastWords() async throws {
        let collector = try await CollectorProcess(directory: directory)
        let second = try await Program().run(
            ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db"), "--log-format", "json"])
        #expect(second.exit == 1)
        let lines = second.errors.split(separator: "\n")
        #expect(lines.count == 1)
        let object = try Self.object(try #require(lines.first))
        #expect(object["level"] as? String == "error")
        #expect((object["message"] as? String)?.contains("Another collector") == true)
        #expect(await collector.end(SIGTERM) == 0)
    }

    @Test("is bounded in a minute, however often something is to be said")
    func bounded() async throws {
        let collector = try await CollectorProcess(
            directory: directory, environment: ["TRACEWIRE_LOG_BYTES_PER_MINUTE": "2000"],
            arguments: ["--log-level", "info", "--log-format", "json"])
        for _ in 0..<100 { _ = try await Program.python("stranger.py", [collector.address, "HELLO?"]) }
        #expect(await collector.end(SIGTERM) == 0)
        let log = String(decoding: try directory.read("errors"), as: UTF8.self)
        // Two minutes may have begun, and the last line says what was dropped.
        #expect(log.utf8.count < 3 * 2_000)
        #expect(log.contains("lines of the log were dropped"))
    }

    @Test("has nothing of what was recorded, asked or shown as a token, at any level")
    func secrets() async throws {
        let secret = "hunter2-성수-secret"
        let made = try await Program().run(
            ["token", "create", "--role", "admin", "--database", directory.file("traces.db")])
        let token = try #require(made.lines.first)
        let collector = try await CollectorProcess(
            directory: directory, arguments: ["--log-level", "trace", "--log-format", "json", "--retain", "1000w"])
        let start = #"{"event":"workflow.start","at_ms":1770000000000,"workflow":"\#(SampleRuns.completed)","#
        let text = """
            {"event":"user","username":"\(secret)","at_ms":1770000000000}
            \(start)"name":"\(secret)","username":"\(secret)","user_input":"\(secret)"}
            \(start)"name":"\(secret) again","user_input":"\(secret)"}
            {"event":"node.end","at_ms":1,"workflow":"\(SampleRuns.completed)","node":"\(SampleRuns.failed)","status":"completed",\
            "output_data":"\(secret)"}
            """
        var program = collector.program
        program.environment["TRACEWIRE_TOKEN"] = token
        #expect(try await program.run(["import", "-"], input: text + "\n").exit == 4)
        _ = try await program.run(["sql", "SELECT '\(secret)' FROM \"\(secret)\""])
        _ = try await program.run(["search", secret])
        _ = try await program.run(["rejected", "retry", "1"])
        #expect(try await program.run(["status", "--token", secret]).exit == 1)
        _ = try await Program.python("stranger.py", [collector.address, "GET /\(secret) HTTP/1.1\r\n\r\n"])
        _ = try await Program.python("stranger.py", [collector.address, "TWIR\(secret)\(secret)"])
        _ = try await program.run(["sql", "SELECT count(*) FROM workflows"])
        #expect(await collector.end(SIGTERM) == 0)
        let log = String(decoding: try directory.read("errors"), as: UTF8.self)
        #expect(!log.isEmpty)
        let digits = try #require(token.split(separator: "_").last)
        #expect(!log.contains("hunter2") && !log.contains(digits))
    }

    @Test("that nobody reads, or can be written any more, does not keep the collector from its work")
    func unread() async throws {
        let place = try TestDirectory()
        let pipe = Pipe()
        let process = try Program(environment: ["TRACEWIRE_OFFENCES_PER_MINUTE": "0"]).prepare(
            ["serve", "--listen", "127.0.0.1:0", "--database", place.file("traces.db"), "--log-level", "trace"], place)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = pipe
        let ended = try process.started()
        let line = try await output.fileHandleForReading.firstLine()
        let address = String(try #require(line.firstMatch(of: /127\.0\.0\.1:\d+/)).output)
        // A pipe holds 64 KiB.
        let flooded = try await Program.python("stranger.py", [address, "HELLO?", "2000"])
        #expect(flooded.exit == 0, "\(flooded.errors)")
        let program = Program(environment: ["TRACEWIRE_CONNECT": address])
        #expect(try await program.run(["import", "-"], input: SampleRuns.text).exit == 0)
        try pipe.fileHandleForReading.close()
        #expect(try await Program.python("stranger.py", [address, "HELLO?", "10"]).exit == 0)
        #expect(try await program.run(["status"]).exit == 0)
        kill(process.processIdentifier, SIGTERM)
        await ended.value
        #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
    }
}
