internal import TracewireProtocol

/// What a transaction has decided about nodes and generations and not written yet.
///
/// The events of a node that are committed together become one write of its row, so that a row is laid out once and
/// its pages are not rewritten. It has to be flushed before the bytes of the records go away, and before anything else
/// reads the rows. Generations follow the nodes that they refer to.
final class WriteSet {
    /// Most nodes and generations that wait: a bound on memory, and far above what a usual group holds.
    private static let limit = 8192

    private var nodes: [LiveNode] = []
    private var generations: [NewGeneration] = []
    private let nodeRows: NodeRows
    private let generationRows: GenerationRows
    private let connection: Connection
    private let rollups: Rollups

    init(_ connection: Connection, _ statusTexts: StatusTexts, _ rollups: Rollups) throws(StoreError) {
        self.connection = connection
        self.rollups = rollups
        nodeRows = try NodeRows(connection, statusTexts)
        generationRows = try GenerationRows(connection)
    }

    var isFull: Bool { nodes.count + generations.count >= Self.limit }

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
        for generation in waiting {
            if try generationRows.insert(generation) {
                try rollups.note(generation, id: connection.lastInsertedID)
                continue
            }
            if try generationRows.isRepetition(generation) { continue }
            let fault = RecordFault.conflictingDuplicate("generation", generation.content.generation)
            try reject(generation.origin, fault)
        }
    }

    /// Forgets everything, after a rollback.
    func discard() {
        for node in nodes { node.change = nil }
        nodes.removeAll()
        generations.removeAll()
    }
}
