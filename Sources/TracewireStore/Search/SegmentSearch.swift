internal import Glibc
internal import TracewireProtocol

/// Looks through segments, the newest first: this thread reads them, others inflate and search them.
final class SegmentSearch {
    /// Most threads that inflate and search.
    private static let largestThreadCount = 4
    /// Most segments under way, for each thread: one that is worked on, and the next.
    private static let segmentsPerThread = 2
    /// Most bytes of segments under way, inflated; a single one may be larger.
    private static let largestBytesUnderWay: Int64 = 16 << 20

    private let call: ProcedureCall
    private let output: SearchOutput
    private let segments: Statement
    private let entries: EntrySearch
    private let threads: WorkerThreads<StoredSegment, SearchedSegment>
    /// What the threads were given, and was not taken back yet.
    private var underWay: [(latestAtMs: Int64, bytes: Int64)] = []
    private var bytesUnderWay: Int64 = 0
    /// Whether the statement stands on a segment that the threads were not given yet.
    private var hasNext = false
    /// What could not be looked through.
    private(set) var damage = SearchDamage()

    init(
        _ connection: Connection, _ call: ProcedureCall, _ request: SearchRequest, _ output: SearchOutput
    ) throws(QueryFault) {
        self.call = call
        self.output = output
        entries = EntrySearch(connection, call, request, output)
        segments = try call.perform { () throws(StoreError) in
            try Statement(
                connection,
                "SELECT start, raw_bytes, latest_at, data FROM segments WHERE latest_at >= ? ORDER BY start DESC")
        }
        segments.bind(1, request.since ?? .min)
        threads = WorkerThreads(Self.threadCount) { [text = request.text] in
            let searcher = SegmentSearcher(text)
            return searcher.search
        }
        guard threads.count > 0 else {
            throw QueryFault(.storageUnavailable, "the system gives no threads to search with: try again later")
        }
        try advance()
        try readAhead()
    }

    private static var threadCount: Int {
        min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), largestThreadCount)
    }

    /// The latest time in the next segment; `nil` when all have been looked through.
    var nextAtMs: Int64? { underWay.first?.latestAtMs }

    /// Takes the next segment back, and gives out what was found in it.
    func searchNext() throws(QueryFault) {
        guard !underWay.isEmpty else { return }
        let segment = threads.queue.next()
        bytesUnderWay -= underWay.removeFirst().bytes
        try readAhead()
        switch segment {
        case .searched(let start, let bytes, let matches):
            // What was laid in it last is the newest.
            for match in matches.reversed() where !output.isFull {
                try call.checkpoint()
                try entries.emit(match, of: bytes, from: start)
            }
        case .failed(let start, let error):
            guard error.code == .corrupt else { throw call.fault(error) }
            damage.add(start)
        }
    }

    /// Returns when no thread works on it any more.
    func end() {
        threads.end()
    }

    /// Gives the threads as many segments as may be under way.
    private func readAhead() throws(QueryFault) {
        while hasNext && underWay.count < threads.count * Self.segmentsPerThread {
            // A damaged file may say anything of a segment that is not read yet.
            let bytes = min(max(0, segments.integer(1)), Self.largestBytesUnderWay)
            guard underWay.isEmpty || bytesUnderWay + bytes <= Self.largestBytesUnderWay else { return }
            try call.checkpoint()
            threads.queue.add(
                StoredSegment(
                    start: segments.integer(0), rawBytes: segments.integer(1), data: [UInt8](segments.bytes(3))))
            underWay.append((segments.integer(2), bytes))
            bytesUnderWay += bytes
            try advance()
        }
    }

    private func advance() throws(QueryFault) {
        hasNext = try call.step(segments)
    }
}

/// Segments that could not be looked through.
struct SearchDamage {
    private var count = 0
    private var first: Int64?

    mutating func add(_ start: Int64) {
        count += 1
        if first == nil { first = start }
    }

    /// What it means for the answer; `nil` if nothing was left out.
    var fault: QueryFault? {
        guard let first else { return nil }
        let what = count == 1 ? "the segment at \(first) is" : "\(count) segments are, the first at \(first),"
        return QueryFault(
            .storageUnavailable,
            "\(what) damaged and could not be searched; everything else was. `tracewire check` names the rows")
    }
}
