import Foundation
import Testing

/// What a program did: its exit code, and what it wrote.
struct Outcome {
    let exit: Int32
    let output: Data
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// The output as one JSON value.
    func json() throws -> Any {
        try JSONSerialization.jsonObject(with: output)
    }

    /// The output as an array of JSON objects.
    func rows() throws -> [[String: Any]] {
        try json() as? [[String: Any]] ?? []
    }
}

/// Runs programs to their end. What they write goes to files: a pipe that nobody empties would stop them.
struct Program {
    var executable = Paths.tracewire
    var environment: [String: String] = [:]
    /// What stands before the arguments that a test gives.
    var leading: [String] = []

    static let python = Program(executable: URL(filePath: "/usr/bin/env"))

    /// The program, with so many files and sockets that it may have open: `SOFT:HARD`, as `prlimit --nofile` takes it.
    static func limited(descriptors: String) -> Program {
        Program(
            executable: URL(filePath: "/usr/bin/env"),
            leading: ["prlimit", "--nofile=\(descriptors)", Paths.tracewire.path])
    }

    /// Runs Python with a script of the tests.
    static func python(_ script: String, _ arguments: [String]) async throws -> Outcome {
        try await python.run(["python3", Paths.script(script)] + arguments)
    }

    /// The same with the packages of `Tests/Oracle/requirements.txt`.
    static func oracle(_ script: String, _ arguments: [String], input: String? = nil) async throws -> Outcome {
        try await oracle(at: Paths.script(script), arguments, input: input)
    }

    /// The same with a script that lies elsewhere.
    static func oracle(at path: String, _ arguments: [String], input: String? = nil) async throws -> Outcome {
        let python = try #require(
            ProcessInfo.processInfo.environment["TRACEWIRE_PYTHON"], "run `make test`, which makes what the tests need")
        return try await Program(executable: URL(filePath: python)).run([path] + arguments, input: input)
    }

    func run(_ arguments: [String], input: String? = nil) async throws -> Outcome {
        let directory = try TestDirectory()
        let process = try prepare(arguments, directory)
        process.standardInput = try Self.input(input.map { Data($0.utf8) }, directory)
        try await process.runToEnd()
        return try outcome(of: process, directory)
    }

    /// A process that is not started yet; its output goes to files in `directory`.
    func prepare(_ arguments: [String], _ directory: TestDirectory) throws -> Process {
        let process = Process()
        process.executableURL = executable
        process.arguments = leading + arguments
        process.environment = Self.baseEnvironment.merging(environment) { $1 }
        process.standardOutput = try Self.create(directory.file("output"))
        process.standardError = try Self.create(directory.file("errors"))
        process.standardInput = FileHandle.nullDevice
        return process
    }

    func outcome(of process: Process, _ directory: TestDirectory) throws -> Outcome {
        process.closeFiles()
        return Outcome(
            exit: process.terminationStatus, output: try directory.read("output"),
            errors: String(decoding: try directory.read("errors"), as: UTF8.self))
    }

    /// The tests' environment without anything that would change what a command does.
    private static let baseEnvironment = ProcessInfo.processInfo.environment.filter { name, _ in
        !name.hasPrefix("TRACEWIRE_") && !name.hasPrefix("XDG_")
    }

    private static func create(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    private static func input(_ data: Data?, _ directory: TestDirectory) throws -> FileHandle {
        guard let data else { return .nullDevice }
        try data.write(to: URL(filePath: directory.file("input")))
        return try FileHandle(forReadingFrom: URL(filePath: directory.file("input")))
    }
}

extension Process {
    /// Closes what it was given to read and write, which it would keep open for good. With 1,300 open files and more,
    /// `Process.run()` of Swift 6.3 may crash (swift-corelibs-foundation, pull request 5472).
    fileprivate func closeFiles() {
        for file in [standardInput, standardOutput, standardError].compactMap({ $0 as? FileHandle })
        where file != .nullDevice {
            try? file.close()
        }
    }

    /// Starts. The task ends when the process has ended.
    func started() throws -> Task<Void, Never> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        terminationHandler = { _ in continuation.finish() }
        try run()
        return Task { for await _ in stream {} }
    }

    /// Starts, and returns when the process has ended.
    func runToEnd() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            terminationHandler = { _ in continuation.resume() }
            do {
                try run()
            } catch {
                terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }
}
