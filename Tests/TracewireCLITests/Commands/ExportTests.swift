import Foundation
import Testing

@Suite("export into a file", .timeLimit(.minutes(5)))
struct ExportTests {
    /// What leads to an export's file, in every form that is one file.
    private static let forms = [[], ["--sqlite"], ["--otlp"]]

    @Test("is whole when it is there, and wants --force where a file is", arguments: forms)
    func replacing(form: [String]) async throws {
        let collector = try await CollectorProcess.withSamples()
        let directory = try TestDirectory()
        let file = directory.file("export")
        let export = collector.program
        #expect(try await export.run(["export"] + form + [file]).exit == 0)
        let first = try directory.read("export")
        if form.isEmpty { #expect(try await collector.run("export").output == first) }
        _ = try directory.write("kept", to: "export")
        let refused = try await export.run(["export"] + form + [file])
        #expect(refused.exit == 2)
        #expect(refused.errors.contains("\(file) exists already") && refused.errors.contains("--force"))
        #expect(try directory.read("export") == Data("kept".utf8))
        #expect(try await export.run(["export"] + form + [file, "--force"]).exit == 0)
        #expect(try directory.read("export") == first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["export"])
    }

    @Test("leaves what was there when there is no collector or no such run")
    func failing() async throws {
        let collector = try await CollectorProcess.withSamples()
        let directory = try TestDirectory()
        let file = try directory.write("kept", to: "export")
        let unknown = try await collector.run("export", "--run", "99", file, "--force")
        #expect(unknown.exit == 1)
        #expect(try await collector.run("export", "--run", "99", directory.file("new")).exit == 1)
        _ = await collector.end(SIGTERM)
        #expect(try await collector.run("export", file, "--force").exit == 3)
        #expect(try await collector.run("export", directory.file("new")).exit == 3)
        #expect(try directory.read("export") == Data("kept".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["export"])
    }

    @Test("never replaces a database by events, nor a directory by anything", arguments: [[], ["--force"]])
    func protected(force: [String]) async throws {
        let collector = try await CollectorProcess.withSamples()
        let database = collector.directory.file("traces.db")
        let before = try Self.fileNumber(of: database)
        for form in [[], ["--otlp"]] {
            let refused = try await collector.program.run(["export"] + form + [database] + force)
            #expect(refused.exit == 2)
            #expect(refused.errors.contains("is a SQLite database"))
        }
        // Its pages may change: the collector goes on working.
        #expect(try collector.directory.read("traces.db").starts(with: Data("SQLite format 3\0".utf8)))
        #expect(try Self.fileNumber(of: database) == before)
        for form in Self.forms {
            let directory = try await collector.program.run(["export"] + form + [collector.directory.path] + force)
            #expect(directory.exit == 2)
            #expect(directory.errors.contains("is a directory"))
        }
    }

    private static func fileNumber(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }

    @Test("a file that cannot be written is called by the name that it was asked for", arguments: forms)
    func unwritable(form: [String]) async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let outcome = try await collector.program.run(["export"] + form + ["/nonexistent/x"])
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("/nonexistent/x") && !outcome.errors.contains("unfinished"))
    }

    @Test("what cannot be written together is refused with what to do")
    func exclusive() async throws {
        for (arguments, advice) in [
            (["--csv", "a", "--otlp", "b"], "--csv and --otlp are two exports: run one after the other"),
            (["--sqlite", "a", "--csv", "b"], "--sqlite and --csv are two exports"),
            (["--otlp", "a", "b"], "leave out 'b'"), (["--csv", "a", "b"], "leave out 'b'"),
            (["--sqlite", "a", "--run", "1"], "leave out --run"), (["--csv", "-"], "name a directory"),
            (["--csv", ""], "names no directory"), (["--otlp", ""], "names no file"),
        ] {
            let outcome = try await Program().run(["export"] + arguments)
            #expect(outcome.exit == 2 && outcome.errors.contains(advice), "\(outcome.errors)")
        }
    }

    @Test("a link stays, and leads to the new file")
    func link() async throws {
        let collector = try await CollectorProcess.withSamples()
        let directory = try TestDirectory()
        let link = directory.file("link")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: try directory.write("old", to: "export"))
        #expect(try await collector.run("export", link, "--force").exit == 0)
        #expect(try await collector.run("export").output == directory.read("export"))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == directory.file("export"))
    }

    @Test("a device is written to as it is")
    func device() async throws {
        let collector = try await CollectorProcess.withSamples()
        #expect(try await collector.run("export", "/dev/full").errors.contains("cannot write the output"))
        // Not the device itself, which a mistake would replace by a file where the tests are root's.
        let directory = try TestDirectory()
        let pipe = directory.file("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let refused = try await collector.run("export", "--sqlite", pipe, "--force")
        #expect(refused.exit == 2)
        #expect(refused.errors.contains("is no regular file"))
    }

    @Test(
        "a signal leaves nothing behind, and what was there as it was", arguments: forms + [["--csv"]],
        [SIGINT, SIGTERM])
    func signalled(form: [String], signal: Int32) async throws {
        let collector = try await CollectorProcess.withSamples()
        // Enough for the session to be opened, and not for an answer.
        let stalling = try Program.python.prepare(
            ["python3", Paths.script("stalling.py"), collector.address, "400"], try TestDirectory())
        let pipe = Pipe()
        stalling.standardOutput = pipe
        let stalled = try stalling.started()
        let address = try await pipe.fileHandleForReading.firstLine()
        let (files, exports) = (try TestDirectory(), try TestDirectory())
        let file = try exports.write("kept", to: "export")
        // Beside the file that is there, the tables would be written into the same directory.
        let path = form == ["--csv"] ? exports.path : file
        let process = try Program().prepare(["export"] + form + [path, "--force", "--connect", address], files)
        let ended = try process.started()
        defer {
            for program in [process, stalling] where program.isRunning { kill(program.processIdentifier, SIGKILL) }
        }
        while process.isRunning, try FileManager.default.contentsOfDirectory(atPath: exports.path).count < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        kill(process.processIdentifier, signal)
        await ended.value
        await stalled.value
        let outcome = try Program().outcome(of: process, files)
        #expect(process.terminationReason == .exit && outcome.exit == 1)
        #expect(outcome.errors == "error: interrupted\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: exports.path) == ["export"])
        #expect(try exports.read("export") == Data("kept".utf8))
    }
}
