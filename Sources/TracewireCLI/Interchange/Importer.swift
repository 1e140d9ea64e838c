internal import Tracewire
internal import TracewireProtocol

/// Reads lines, and records what they say.
struct Importer {
    /// What has been read so far.
    struct Progress: Sendable {
        var lines = 0
        var bytes: Int64 = 0
        /// Lines that are no event that could be sent.
        var unreadable = 0
        /// The first ``faultsKept`` of them.
        var faults: [(line: Int, fault: LineFault)] = []
        /// How often each key was passed over.
        var ignoredKeys: [String: Int] = [:]
        /// Whether everything was read.
        var isComplete = false

        static let faultsKept = 20

        mutating func passOver(_ line: Int, _ fault: LineFault) {
            unreadable += 1
            if faults.count < Self.faultsKept { faults.append((line, fault)) }
        }
    }

    /// What the encoding of a record takes beside its texts, at most about, in bytes.
    private static let recordOverhead = 600

    let client: TracewireClient
    private(set) var progress = Progress()
    private var reader: LineReader
    private var scanner = LineScanner()

    init(client: TracewireClient, source: @escaping LineReader.Source) {
        self.client = client
        reader = LineReader(source: source)
    }

    /// Reads to the end, or until the task is cancelled. A line that is no event is counted, and the next one read.
    ///
    /// - Parameter step: called after every line.
    mutating func run(step: (Progress) -> Void) async throws {
        while !Task.isCancelled, let line = try reader.next() {
            progress.lines = reader.lineNumber
            progress.bytes = reader.bytesRead
            switch line {
            case .bytes(let range): await record(range)
            case .tooLong:
                progress.passOver(
                    reader.lineNumber, LineFault(.tooLarge, "the line is longer than \(LineReader.longestLine) bytes"))
            }
            step(progress)
        }
        progress.ignoredKeys = scanner.ignoredKeys
        progress.isComplete = !Task.isCancelled
    }

    private mutating func record(_ range: Range<Int>) async {
        do throws(LineFault) {
            guard let record = try Self.scan(range, of: reader, with: &scanner) else { return }
            await client.waitForRoom(bytes: range.count + Self.recordOverhead)
            // A cancelled wait may have ended without room.
            guard !Task.isCancelled else { return }
            if case .refused(let fault) = client.record(record) {
                throw LineFault(fault.code, fault.message)
            }
        } catch {
            progress.passOver(reader.lineNumber, error)
        }
    }

    private static func scan(
        _ range: Range<Int>, of reader: borrowing LineReader, with scanner: inout LineScanner
    ) throws(LineFault) -> Record<String>? {
        try scanner.record(reader.buffer.span.extracting(range))
    }
}
