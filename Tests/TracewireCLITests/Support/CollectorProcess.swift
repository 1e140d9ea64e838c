import Foundation
import Testing

/// A running `tracewire serve`, on a port that the system chose. It is ended by its id when nobody holds it any more.
final class CollectorProcess {
    let directory: TestDirectory
    let address: String
    /// The line that it wrote when it was ready.
    let announcement: String
    /// What it writes behind that line.
    let output: FileHandle
    private let process: Process
    private let ended: Task<Void, Never>

    /// - Parameters:
    ///   - arguments: what is said beside the address and the database.
    ///   - descriptors: as `prlimit --nofile` takes them: the soft limit, a colon, the hard one.
    init(
        directory: TestDirectory, database: String = "traces.db", environment: [String: String] = [:],
        arguments: [String] = [], descriptors: String? = nil
    ) async throws {
        self.directory = directory
        let pipe = Pipe()
        // With a data directory of its own the default path is what is tested.
        let named = environment["XDG_DATA_HOME"] == nil ? ["--database", directory.file(database)] : []
        var server = descriptors.map { Program.limited(descriptors: $0) } ?? Program()
        server.environment = environment
        process = try server.prepare(["serve", "--listen", "127.0.0.1:0"] + named + arguments, directory)
        process.standardOutput = pipe
        ended = try process.started()
        output = pipe.fileHandleForReading
        announcement = try await output.firstLine()
        let match = try #require(announcement.firstMatch(of: /127\.0\.0\.1:\d+/), "serve said: \(announcement)")
        address = String(match.output)
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var identifier: Int32 { process.processIdentifier }

    /// Sends a signal, and returns the exit code when the process has ended.
    func end(_ signal: Int32) async -> Int32 {
        kill(process.processIdentifier, signal)
        await ended.value
        return process.terminationStatus
    }

    /// Runs a command against this collector.
    func run(_ arguments: String..., input: String? = nil) async throws -> Outcome {
        try await program.run(arguments, input: input)
    }

    /// Kills it as a crash would, and starts another one with the same database at the same address.
    func restarted() async throws -> CollectorProcess {
        #expect(await end(SIGKILL) == SIGKILL)
        return try await CollectorProcess(directory: directory, arguments: ["--listen", address])
    }

    /// Bounds the size of each file that the collector writes (setrlimit(2), by util-linux's program); `nil` for no bound.
    func limitFiles(to bytes: Int?) async throws {
        let limit = bytes.map { "\($0)" } ?? "unlimited"
        let outcome = try await Program(executable: URL(filePath: "/usr/bin/env")).run(
            ["prlimit", "--pid", "\(identifier)", "--fsize=\(limit):unlimited"])
        try #require(outcome.exit == 0, "\(outcome.errors)")
    }

    var program: Program { Program(environment: ["TRACEWIRE_CONNECT": address]) }
}

extension FileHandle {
    /// Reads up to the first line feed, or to the end if there is none. The wait takes none of the threads that the
    /// tests share: those would stand still with it.
    func firstLine() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        var line = Data()
                        while let byte = try self.read(upToCount: 1), !byte.isEmpty, byte != Data([10]) {
                            line += byte
                        }
                        return String(decoding: line, as: UTF8.self)
                    })
            }
        }
    }
}
