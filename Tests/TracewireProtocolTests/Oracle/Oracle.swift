import Foundation

/// `Tests/Oracle/records.py`: Google's protobuf, asked line by line.
enum Oracle {
    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    /// What Google's protobuf says of bytes that Tracewire wrote.
    struct Reading: Decodable {
        let fields: NeutralJSON
        /// Whether Google's serializer writes the same bytes.
        let same: Bool
    }

    /// A message that Google's protobuf wrote.
    struct Specimen: Decodable {
        let message: String
        let bytes: String
        let fields: NeutralJSON
    }

    /// Google's reading of each message, in order.
    static func describe(_ messages: [(name: String, bytes: [UInt8])]) throws -> [Reading] {
        try run("describe", input: messages.map { "\($0.name) \($0.bytes.hexadecimal)\n" }.joined())
    }

    /// Random messages with unknown fields, odd orders and repeated fields.
    static func generate() throws -> [Specimen] {
        try run("generate", input: "")
    }

    private static func run<Line: Decodable>(_ command: String, input: String) throws -> [Line] {
        try runPython("Tests/Oracle/records.py", [command], input: input).split(separator: UInt8(ascii: "\n"))
            .map { try JSONDecoder().decode(Line.self, from: $0) }
    }

    /// What a script of this repository writes to its standard output.
    @discardableResult
    static func runPython(_ script: String, _ arguments: [String], input: String = "") throws -> Data {
        guard let python = ProcessInfo.processInfo.environment["TRACEWIRE_PYTHON"] else {
            throw Unavailable(description: "TRACEWIRE_PYTHON is not set: run `make test`, which makes what it needs")
        }
        let directory = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // Files and not pipes: a pipe that nobody empties stops both sides.
        let files = (input: directory.appending(path: "input"), output: directory.appending(path: "output"))
        try Data(input.utf8).write(to: files.input)
        try Data().write(to: files.output)

        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [Repository.root.appending(path: script).path] + arguments
        process.standardInput = try FileHandle(forReadingFrom: files.input)
        process.standardOutput = try FileHandle(forWritingTo: files.output)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unavailable(description: "\(script) ended with \(process.terminationStatus)")
        }
        return try Data(contentsOf: files.output)
    }
}

/// Where the repository lies, for tests that read its files.
enum Repository {
    static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
}
