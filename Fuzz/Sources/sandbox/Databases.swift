import Glibc
import TracewireProtocol

@testable import TracewireStore

// Made once. libFuzzer asks on one thread.
nonisolated(unsafe) let databases = Databases()

/// Two databases in a directory of their own.
struct Databases {
    static let secret = "the-other-one-7f31"

    let reader: StoreReader
    private let directory: String
    /// Sees what others commit; asks nothing else, so that no transaction of its own hides it.
    private let watcher: Connection
    private let version: Statement

    init() {
        var template = Array("/tmp/tracewire-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no directory for databases") }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let path = directory + "/own.db"
        do {
            try Self.fill(path, "own")
            try Self.fill(directory + "/other.db", Self.secret)
            watcher = try StoreReader.open(path)
            version = try Statement(watcher, "PRAGMA data_version")
            reader = try StoreReader(path: path)
            try proveThatWritingShows(path)
        } catch {
            fatalError("the databases cannot be made: \(error)")
        }
    }

    /// A test that cannot fail is none: what a statement writes, and where it leaves a file, has to be seen.
    private func proveThatWritingShows(_ path: String) throws {
        let untouched = signature
        precondition(signature == untouched, "a look at the databases changes them")
        let other = try Connection(path: path, flags: 2)
        try other.execute("UPDATE workflows SET name = 'written'")
        precondition(signature.version != untouched.version, "a commit does not show")
        precondition(signature.files != untouched.files, "what a commit leaves in the log does not show")
        let written = signature
        close(open(directory + "/left", O_CREAT | O_WRONLY, 0o600))
        precondition(signature.files != written.files, "a file that is left does not show")
        unlink(directory + "/left")
    }

    private static func fill(_ path: String, _ text: String) throws {
        let writer = try StoreWriter(path: path)
        var start = WorkflowStart<String>()
        start.workflow = Identifier(milliseconds: 1)
        start.name = text
        start.userInput = String(repeating: text, count: 200)
        var body = WireWriter()
        body.appendBatchEntry(Record(atMs: 1, event: .workflowStart(start)))
        let producer = Identifier(milliseconds: 2)
        let batch = try IncomingBatch(producer: producer, epoch: 1, sequence: 1, bytes: body.bytes)
        let opening = ProducerOpening(id: producer, epoch: 1, nextSequence: 1, clientName: "fuzz", nowMs: 1)
        _ = try writer.commit([], openings: [opening], nowMs: 1)
        let outcome = try writer.commit([batch], openings: [], nowMs: 1)
        precondition(outcome.batches == [.committed([])], "nothing is recorded of which a question could tell")
        writer.close()
    }

    /// What changes when something is written.
    struct Signature: Equatable {
        /// What SQLite counts up with each commit of another connection.
        let version: Int64
        /// Name, size and time of every file, but for the time of what all who read share in memory.
        let files: [String]
    }

    var signature: Signature {
        // First, as SQLite makes its files when it is asked for the first time.
        let version = dataVersion
        var names: [String] = []
        if let listing = opendir(directory) {
            defer { closedir(listing) }
            while let entry = readdir(listing) {
                names.append(
                    withUnsafePointer(to: &entry.pointee.d_name) { name in
                        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                    })
            }
        }
        return Signature(version: version, files: names.sorted().map(facts))
    }

    private func facts(_ name: String) -> String {
        var facts = stat()
        guard name != ".", name != "..", stat(directory + "/" + name, &facts) == 0 else { return name }
        let time = name.hasSuffix("-shm") ? "" : "\(facts.st_mtim.tv_sec).\(facts.st_mtim.tv_nsec)"
        return "\(name) \(facts.st_size) \(time)"
    }

    private var dataVersion: Int64 {
        defer { version.reset() }
        guard (try? version.step()) == true else { preconditionFailure("the database cannot be watched") }
        return version.integer(0)
    }
}
