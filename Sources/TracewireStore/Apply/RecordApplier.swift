internal import TracewireProtocol

/// Decides what becomes of each record and writes it, within a transaction that ``StoreWriter`` has begun.
final class RecordApplier {
    let connection: Connection
    let users: UserRows
    let workflowRows: WorkflowRows
    let sheds: ShedRows
    let nodeRows: NodeRows
    let writeSet: WriteSet
    let segments: SegmentWriter
    let reader: SegmentReader
    let rollups: Rollups
    let feed: Feed
    let parked: ParkedRecords
    let rejected: RejectedRecords
    private let heardTimes: HeardTimes
    private let statusTexts = StatusTexts()
    private var workflows: LiveCache<LiveWorkflow>
    private var nodes: LiveCache<LiveNode>
    private var flushedTurns = 0
    private let workflowKeys: RowKeys
    private let nodeKeys: RowKeys

    /// What has come into being in this transaction while records were parked, oldest first.
    private var appeared: [Awaited] = []
    /// By batch of the group that is being committed.
    private(set) var verdicts: [[Verdict]] = []
    /// Records that were rejected in this transaction, those that had been parked before included.
    private var rejections = 0
    /// The collector's clock, in milliseconds since 1970.
    private(set) var nowMs: Int64 = 0

    init(_ connection: Connection, _ segmentRows: SegmentRows, _ limits: StoreLimits) throws(StoreError) {
        self.connection = connection
        users = try UserRows(connection)
        // What is sent again differs from a value that cannot be read, and is kept as rejected. An error would undo
        // everything that others have sent with it.
        reader = try SegmentReader(connection, passesOverDamage: true)
        try ValueFunction.add(to: connection, reader)
        segments = SegmentWriter(connection, segmentRows)
        workflowRows = try WorkflowRows(connection, statusTexts, segments)
        sheds = try ShedRows(connection)
        nodeRows = try NodeRows(connection, statusTexts, segments)
        rollups = try Rollups(connection, takesAway: true)
        feed = try Feed(connection)
        writeSet = try WriteSet(connection, nodeRows, segments, rollups, feed)
        workflowKeys = RowKeys(connection, of: .workflows)
        nodeKeys = RowKeys(connection, of: .nodes)
        parked = try ParkedRecords(connection, limit: limits.parkedRecords)
        rejected = try RejectedRecords(connection, rollups)
        heardTimes = try HeardTimes(connection)
        workflows = LiveCache(capacity: limits.liveWorkflows)
        nodes = LiveCache(capacity: limits.liveNodes)
    }

    /// Begins a transaction for a group of that many batches.
    func begin(batches: Int, nowMs: Int64) {
        verdicts = Array(repeating: [], count: batches)
        self.nowMs = nowMs
        segments.begin()
    }

    /// Forgets everything that is not in the database for certain, after a rollback.
    func forget() {
        rejections = 0
        writeSet.discard()
        segments.discard()
        // The same places will hold other values.
        reader.forget()
        heardTimes.discard()
        rollups.forget()
        feed.forget()
        workflows.removeAll()
        nodes.removeAll()
        appeared.removeAll()
        parked.forgetCount()
        workflowKeys.forget()
        nodeKeys.forget()
    }

    /// Forgets what was pruned.
    func forget(_ removed: Pruning.Removed) {
        for workflow in removed.workflows { workflows.remove(workflow) }
        for node in removed.nodes { nodes.remove(node) }
    }

    /// Forgets one workflow, which somebody else has changed in the database.
    func forget(workflow: Identifier) {
        workflows.remove(workflow)
    }

    /// How many records this transaction has kept as rejected; the next begins with none.
    func takeRejections() -> Int {
        defer { rejections = 0 }
        return rejections
    }

    func apply(_ record: ReceivedRecord, _ origin: RecordOrigin) throws(StoreError) {
        switch record.content {
        case .failure(let fault): try reject(origin, fault)
        case .success(let content): try settle(decide(content, origin), content.event, origin)
        }
        try releaseParked()
        writeSet.count(bytes: origin.encoded.count)
        if writeSet.isFull { try flush() }
    }

    /// Writes what waits in the ``WriteSet``, and when workflows were heard of.
    func flush() throws(StoreError) {
        try writeSet.flush { (origin, fault) throws(StoreError) in
            try self.reject(origin, fault)
        }
        try heardTimes.flush()
    }

    /// Writes what waits and the values with it, so that everything that was decided can be read.
    func publish() throws(StoreError) {
        try flush()
        try segments.cut()
    }

    private func settle(_ decision: Decision, _ event: Event<Slice>, _ origin: RecordOrigin) throws(StoreError) {
        switch decision {
        case .accepted:
            if let identifier = event.workflow, let workflow = try workflow(identifier) {
                heardTimes.note(workflow, nowMs: nowMs)
            }
        case .rejected(let fault): try reject(origin, fault)
        case .parked(let awaited): try park(event, origin, awaited)
        }
    }

    func reject(_ origin: RecordOrigin, _ fault: RecordFault) throws(StoreError) {
        feed.note(.rejected, row: try rejected.insert(origin, fault, nowMs: nowMs))
        rejections += 1
        report(origin, fault.code, fault.message, retryAfterMs: fault.code == .parkedLimit ? 5_000 : nil)
    }

    private func park(_ event: Event<Slice>, _ origin: RecordOrigin, _ awaited: Awaited) throws(StoreError) {
        guard try parked.hasRoom() else {
            let message = "\(parked.limit) records wait for their parents already, and this one would have to wait too"
            return try reject(origin, RecordFault(.parkedLimit, message))
        }
        try parked.insert(event, origin, awaited, nowMs: nowMs)
        report(origin, .parked, "kept until \(awaited.kind) \(awaited.identity) arrives", retryAfterMs: nil)
    }

    private func report(_ origin: RecordOrigin, _ code: Code, _ message: String, retryAfterMs: UInt32?) {
        guard let batch = origin.batch else { return }
        verdicts[batch].append(
            Verdict(
                sequence: origin.sequence, index: origin.index, code: code, message: message,
                retryable: retryAfterMs != nil, retryAfterMs: retryAfterMs ?? 0))
    }
}

// Records that waited.
extension RecordApplier {
    /// Notes that records which wait for `awaited` can be applied. While nothing is parked this costs one comparison.
    func note(_ awaited: @autoclosure () -> Awaited) throws(StoreError) {
        if try parked.count() > 0 { appeared.append(awaited()) }
    }

    /// Applies what waited for whatever has appeared, which may let more appear: a queue, so that a long chain costs no
    /// stack. It ends, because a record leaves the table or waits for something that is not there.
    private func releaseParked() throws(StoreError) {
        guard !appeared.isEmpty else { return }
        var position = 0
        while position < appeared.count {
            let awaited = appeared[position]
            position += 1
            while let waiting = try parked.next(awaited) { try release(waiting) }
        }
        appeared.removeAll(keepingCapacity: true)
    }

    private func release(_ waiting: KeptRecord) throws(StoreError) {
        try waiting.withOrigin(batch: nil) { (record, origin) throws(StoreError) in
            switch record.content {
            case .failure(let fault): try reject(origin, fault)
            case .success(let content):
                let decision = try decide(content, origin)
                if case .parked(let other) = decision { return try parked.move(waiting.id, to: other) }
                try settle(decision, content.event, origin)
            }
            try parked.delete(waiting.id)
            // The bytes go away with this call.
            try flush()
        }
    }
}

// Records that waited for what did not come.
extension RecordApplier {
    func rejectExpired(_ record: KeptRecord, waitingFor awaited: String) throws(StoreError) {
        try record.withOrigin(batch: nil) { (_, origin) throws(StoreError) in
            try reject(origin, RecordFault(.parentMissing, "it waited for \(awaited), which did not come"))
        }
        try parked.delete(record.id)
    }
}

// What is live.
extension RecordApplier {
    func workflow(_ identifier: Identifier) throws(StoreError) -> LiveWorkflow? {
        if let workflow = workflows.entry(identifier) {
            segments.note(workflowStart: workflow.createdAt)
            return workflow
        }
        guard let workflow = try workflowRows.find(identifier) else { return nil }
        remember(workflow, identifier)
        segments.note(workflowStart: workflow.createdAt)
        return workflow
    }

    func remember(_ workflow: LiveWorkflow, _ identifier: Identifier) {
        workflows.insert(workflow, identifier)
    }

    func node(_ identifier: Identifier) throws(StoreError) -> LiveNode? {
        if let node = nodes.entry(identifier) {
            try flushIfForgetting()
            return node
        }
        guard let node = try nodeRows.find(identifier) else { return nil }
        try remember(node)
        return node
    }

    func remember(_ node: LiveNode) throws(StoreError) {
        nodes.insert(node, node.identifier)
        try flushIfForgetting()
    }

    /// A node must not be forgotten before it is written. One that is forgotten at a turn of the cache has not been used
    /// since the turn before, and so was written then.
    private func flushIfForgetting() throws(StoreError) {
        guard nodes.turns != flushedTurns else { return }
        flushedTurns = nodes.turns
        try flush()
    }

    /// The key of the next workflow's row: given out here, because its values are laid in a segment before it.
    func takeWorkflowID() throws(StoreError) -> Int64 {
        try workflowKeys.take()
    }

    /// The key of the next node's row: given out here, because generations refer to nodes that are not written yet.
    func takeNodeID() throws(StoreError) -> Int64 {
        try nodeKeys.take()
    }
}
