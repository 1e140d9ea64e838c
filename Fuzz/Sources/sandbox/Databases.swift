import Glibc
import TracewireProtocol
import TracewireStore

// Made once. libFuzzer asks on one thread.
nonisolated(unsafe) let databases = Databases()

/// Two databases in a directory of their own.
struct Databases {
    static let secret = "the-other-one-7f31"

    let reader: StoreReader
    private let path: String

    init() {
        var template = Array("/tmp/tracewire-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no directory for databases") }
        let directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        path = directory + "/own.db"
        do {
            try Self.fill(path, "own")
            try Self.fill(directory + "/other.db", Self.secret)
            reader = try StoreReader(path: path)
        } catch {
            fatalError("the databases cannot be made: \(error)")
        }
    }

    private static func fill(_ path: String, _ text: String) throws {
        let writer = try StoreWriter(path: path)
        var start = WorkflowStart<String>()
        start.workflow = Identifier(milliseconds: 1)
        start.name = text
        start.userInput = String(repeating: text, count: 200)
        var body = WireWriter()
        body.appendBatchEntry(Record(atMs: 1, event: .workflowStart(start)))
        let batch = try IncomingBatch(producer: Identifier(milliseconds: 2), epoch: 1, sequence: 1, bytes: body.bytes)
        let opening = ProducerOpening(
            id: Identifier(milliseconds: 2), epoch: 1, nextSequence: 1, clientName: "fuzz", nowMs: 1)
        _ = try writer.commit([], openings: [opening], nowMs: 1)
        _ = try writer.commit([batch], openings: [], nowMs: 1)
        writer.close()
    }

    /// Size and time of the database's file.
    var signature: [Int] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return [] }
        return [facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
    }
}
