internal import TracewireProtocol

/// What a transaction has decided about nodes and generations and not written yet.
///
/// The events of a node that are committed together become one write of its row, so that a row is laid out once and
/// its pages are not rewritten. It has to be flushed before the bytes of the records go away, and before anything else
/// reads the rows.
///
/// Rows are written run by run, in the order in which the runs appear: values of one run repeat each other, and are
/// compressed the better the closer they lie. Generations follow the nodes that they refer to.
final class WriteSet {
    /// Most nodes and generations that wait: a bound on memory, and far above what a usual group holds.
    private static let limit = 8192
    /// Bytes of records from which they are written. The more they are, the more of a run lies together where runs come
    /// at the same time.
    private static let byteLimit = 4 * SegmentWriter.segmentBytes

    /// What waits of one workflow.
    private struct Run {
        var nodes: [LiveNode] = []
        var generations: [NewGeneration] = []
    }

    private var runs: [Run] = []
    /// Where in `runs` a workflow is, by its key.
    private var places: [Int64: Int] = [:]
    private var identifiers: Set<Identifier> = []
    private var count = 0
    private var bytes = 0
    private let nodeRows: NodeRows
    private let generationRows: GenerationRows
    private let segments: SegmentWriter
    private let generationKeys: RowKeys
    private let rollups: Rollups
    private let feed: Feed

    init(
        _ connection: Connection, _ nodeRows: NodeRows, _ segments: SegmentWriter, _ rollups: Rollups, _ feed: Feed
    ) throws(StoreError) {
        self.feed = feed
        self.rollups = rollups
        self.nodeRows = nodeRows
        self.segments = segments
        generationRows = try GenerationRows(connection, segments)
        generationKeys = RowKeys(connection, of: .generations)
    }

    var isFull: Bool { count >= Self.limit || bytes >= Self.byteLimit }

    /// Counts a record whose bytes may be waiting here.
    func count(bytes: Int) {
        self.bytes += bytes
    }

    /// The node's change in this transaction, begun if there is none yet.
    func change(of node: LiveNode) -> NodeChange {
        if let change = node.change { return change }
        let change = NodeChange()
        node.change = change
        runs[place(of: node.workflowID)].nodes.append(node)
        return change
    }

    /// Whether a generation of this identifier waits. It has to be written before the next one of that identifier is
    /// appended: of two workflows that claim it, the one that came first has it, whichever is written first.
    func holds(generation identifier: Identifier) -> Bool {
        identifiers.contains(identifier)
    }

    func append(_ generation: NewGeneration) {
        identifiers.insert(generation.content.generation)
        runs[place(of: generation.workflowID)].generations.append(generation)
    }

    /// Where one more of that workflow is to wait.
    private func place(of workflow: Int64) -> Int {
        count += 1
        if let place = places[workflow] { return place }
        places[workflow] = runs.count
        runs.append(Run())
        return runs.count - 1
    }

    /// Writes everything. A generation whose identifier turns out to be taken by one of another content goes to `reject`.
    func flush(reject: (RecordOrigin, RecordFault) throws(StoreError) -> Void) throws(StoreError) {
        let waiting = runs
        empty()
        for run in waiting {
            for node in run.nodes { try write(node) }
            for generation in run.generations { try write(generation, reject) }
        }
    }

    private func write(_ node: LiveNode) throws(StoreError) {
        guard let change = node.change else { return }
        try rollups.note(node, change)
        try nodeRows.write(node, change)
        node.change = nil
    }

    private func write(
        _ generation: NewGeneration, _ reject: (RecordOrigin, RecordFault) throws(StoreError) -> Void
    ) throws(StoreError) {
        let id = try generationKeys.next()
        if try generationRows.insert(generation, id: id) {
            generationKeys.take(id)
            feed.fill(generation.place, row: id)
            return try rollups.note(generation)
        }
        try segments.cut()
        let keys = try generationRows.differences(generation)
        guard !keys.isEmpty else { return }
        let fault = RecordFault.conflictingDuplicate(
            "generation", generation.content.generation, "is known", differsIn: keys)
        try reject(generation.origin, fault)
    }

    /// Forgets everything, after a rollback.
    func discard() {
        for run in runs {
            for node in run.nodes { node.change = nil }
        }
        empty()
        generationKeys.forget()
    }

    private func empty() {
        runs.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        identifiers.removeAll(keepingCapacity: true)
        count = 0
        bytes = 0
    }
}
