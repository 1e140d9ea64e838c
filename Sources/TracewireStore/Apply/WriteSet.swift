internal import TracewireProtocol

/// What a transaction has decided about nodes and generations and not written yet.
///
/// The events of a node that are committed together become one write of its row, so that a row is laid out once and
/// its pages are not rewritten. It has to be flushed before the bytes of the records go away, and before anything else
/// reads the rows. Generations follow the nodes that they refer to.
final class WriteSet {
    /// Most nodes and generations that wait: a bound on memory, and far above what a usual group holds.
    private static let limit = 8192
    /// Bytes of records from which they are written: the values of one run come to lie close together then, where they
    /// are compressed against each other.
    private static let byteLimit = SegmentWriter.segmentBytes

    private var nodes: [LiveNode] = []
    private var generations: [NewGeneration] = []
    private var bytes = 0
    private let nodeRows: NodeRows
    private let generationRows: GenerationRows
    private let segments: SegmentWriter
    private let generationKeys: RowKeys
    private let rollups: Rollups

    init(
        _ connection: Connection, _ nodeRows: NodeRows, _ segments: SegmentWriter, _ rollups: Rollups
    ) throws(StoreError) {
        self.rollups = rollups
        self.nodeRows = nodeRows
        self.segments = segments
        generationRows = try GenerationRows(connection, segments)
        generationKeys = RowKeys(connection, of: .generations)
    }

    var isFull: Bool { nodes.count + generations.count >= Self.limit || bytes >= Self.byteLimit }

    /// Counts a record whose bytes may be waiting here.
    func count(bytes: Int) {
        self.bytes += bytes
    }

    /// The node's change in this transaction, begun if there is none yet.
    func change(of node: LiveNode) -> NodeChange {
        if let change = node.change { return change }
        let change = NodeChange()
        node.change = change
        nodes.append(node)
        return change
    }

    func append(_ generation: NewGeneration) {
        generations.append(generation)
    }

    /// Writes everything. A generation whose identifier turns out to be taken by one of another content goes to `reject`.
    func flush(reject: (RecordOrigin, RecordFault) throws(StoreError) -> Void) throws(StoreError) {
        for node in nodes {
            guard let change = node.change else { continue }
            try rollups.note(node, change)
            try nodeRows.write(node, change)
            node.change = nil
        }
        nodes.removeAll(keepingCapacity: true)
        let waiting = generations
        generations.removeAll(keepingCapacity: true)
        bytes = 0
        for generation in waiting {
            let id = try generationKeys.next()
            if try generationRows.insert(generation, id: id) {
                generationKeys.take(id)
                try rollups.note(generation)
                continue
            }
            try segments.cut()
            let keys = try generationRows.differences(generation)
            guard !keys.isEmpty else { continue }
            let fault = RecordFault.conflictingDuplicate(
                "generation", generation.content.generation, "is known", differsIn: keys)
            try reject(generation.origin, fault)
        }
    }

    /// Forgets everything, after a rollback.
    func discard() {
        for node in nodes { node.change = nil }
        nodes.removeAll()
        generations.removeAll()
        bytes = 0
        generationKeys.forget()
    }
}
