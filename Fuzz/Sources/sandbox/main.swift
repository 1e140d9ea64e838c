import Glibc
import Script
import TracewireProtocol
import TracewireStore

/// Statements from outside, and reports with whatever arguments: each has an answer with a code, nothing is written, and
/// nothing is told of another database that lies beside.
private let databases = Databases()

func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: input(start, count), as: UTF8.self)
    let before = databases.signature
    ask(.sql(text: text, parameters: []))
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    if let report = words.first, report != "backup" {
        ask(.report(name: report, arguments: [words.dropFirst().first ?? "": .text(words.last ?? "")]))
    }
    precondition(databases.signature == before, "a question has changed the database")
    return 0
}

private func ask(_ request: Query.Request) {
    let control = QueryControl(deadline: .now + .milliseconds(500))
    let limits = QueryLimits(timeoutMs: 500, rows: 100, bytes: 1 << 16)
    var told: [UInt8] = []
    let summary = databases.reader.run(
        Query(request, credit: 0), limits: limits, control: control, columns: { told += $0.encoded() },
        rows: { told += $0 })
    told += Array(summary.message.utf8)
    let isOfQuery = (300..<400).contains(summary.code.rawValue)
    precondition(
        isOfQuery || [.ok, .storageUnavailable].contains(summary.code), "the code \(summary.code) is none of a query")
    precondition(!contains(told, Databases.secret), "another database is told of")
}

private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
}

/// Two databases in a directory of their own.
private struct Databases {
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

fuzz(test)
