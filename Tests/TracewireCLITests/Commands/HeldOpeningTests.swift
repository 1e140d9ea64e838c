import Foundation
import Testing

@Suite("A collector whose disk does not answer while it opens its database", .timeLimit(.minutes(5)))
struct HeldOpeningTests {
    @Test("ends at once at the second signal", arguments: [SIGINT, SIGTERM])
    func impatience(signal: Int32) async throws {
        let directory = try TestDirectory()
        let compiled = try await Program(executable: URL(filePath: "/usr/bin/env")).run(
            ["clang", "-shared", "-fPIC", "-O1", "-o", directory.file("hold.so"), Paths.script("hold.c"), "-ldl"])
        try #require(compiled.exit == 0, "\(compiled.errors)")
        let server = Program(environment: [
            "LD_PRELOAD": directory.file("hold.so"), "HOLD_FILES": directory.file("traces.db"),
            "HOLD_NOTE": directory.file("held"),
        ])
        let process = try server.prepare(
            ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db")], directory)
        let ended = try process.started()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        // Both wait no longer than the time limit of the suite.
        while process.isRunning, !FileManager.default.fileExists(atPath: directory.file("held")) {
            try Task.checkCancellation()
            await Task.yield()
        }
        #expect(process.isRunning)
        // Two that come at once are one to the system (signal(7)).
        while process.isRunning {
            kill(process.processIdentifier, signal)
            try Task.checkCancellation()
            await Task.yield()
        }
        await ended.value
        #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
        #expect(String(decoding: try directory.read("errors"), as: UTF8.self).contains("stopped at once"))
        #expect(try directory.read("output").isEmpty)
    }
}
