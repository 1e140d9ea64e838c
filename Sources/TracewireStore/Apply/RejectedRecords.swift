internal import TracewireProtocol

/// The statements on `rejected_records`: what was refused, whole.
final class RejectedRecords {
    private let connection: Connection
    private let insertion: Statement
    private let selection: Statement
    private let deletion: Statement
    private let expiry: Statement
    private let rollups: Rollups

    /// Most that are forgotten in one step.
    private static let expiredAtATime = 256

    init(_ connection: Connection, _ rollups: Rollups) throws(StoreError) {
        (self.connection, self.rollups) = (connection, rollups)
        insertion = try Statement(
            connection,
            """
            INSERT INTO rejected_records (producer, sequence, record_index, kind, identity, code, message, received_at,
                record, workflow)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        selection = try Statement(
            connection, "SELECT producer, sequence, record_index, record FROM rejected_records WHERE id = ?")
        // They came in the order of their ids, but for a clock that was set back.
        expiry = try Statement(
            connection, "SELECT id, received_at FROM rejected_records ORDER BY id LIMIT \(Self.expiredAtATime)")
        deletion = try Statement(connection, "DELETE FROM rejected_records WHERE id = ? RETURNING received_at")
    }

    /// Returns the row's key.
    func insert(_ origin: RecordOrigin, _ fault: RecordFault, nowMs: Int64) throws(StoreError) -> Int64 {
        let event = origin.event
        insertion.bind(1, origin.producer)
        insertion.bind(2, Int64(bitPattern: origin.sequence))
        insertion.bind(3, Int64(origin.index))
        insertion.bind(4, copying: event?.kind.rawValue)
        insertion.bind(5, copying: event.flatMap { origin.identity(of: $0) })
        insertion.bind(6, copying: fault.code.description)
        insertion.bind(7, copying: fault.message)
        insertion.bind(8, nowMs)
        insertion.bind(9, blob: origin.text(origin.encoded))
        insertion.bind(10, workflowOf: event)
        try insertion.run()
        try rollups.note(rejectedAt: nowMs, times: 1)
        return connection.lastRowID
    }

    func find(_ id: Int64) throws(StoreError) -> KeptRecord? {
        defer { selection.reset() }
        selection.bind(1, id)
        guard try selection.step() else { return nil }
        return KeptRecord(id: id, selection)
    }

    /// Forgets the oldest that were received before that time. Returns how many, and whether there may be more.
    func deleteExpired(before timeMs: Int64) throws(StoreError) -> (count: Int, hasMore: Bool) {
        var ids: [Int64] = []
        while try expiry.step(), expiry.integer(1) < timeMs { ids.append(expiry.integer(0)) }
        expiry.reset()
        for id in ids { _ = try delete(id) }
        return (ids.count, ids.count == Self.expiredAtATime)
    }

    /// `false` if there is none.
    func delete(_ id: Int64) throws(StoreError) -> Bool {
        defer { deletion.reset() }
        deletion.bind(1, id)
        guard try deletion.step() else { return false }
        try rollups.note(rejectedAt: deletion.integer(0), times: -1)
        return true
    }
}

extension RecordOrigin {
    /// The record's event once more: also of a record whose values were found wanting.
    fileprivate var event: Event<Slice>? {
        try? Record.decode(bytes.bindMemory(to: UInt8.self).span, encoded).event
    }

    /// What the event is about, in text; `nil` if that is missing or no UTF-8.
    func identity(of event: Event<Slice>) -> String? {
        if case .user(let user) = event {
            return user.username.flatMap { $0.count > Limits.nameBytes ? nil : String(validating: bytes, $0) }
        }
        return event.subject == .zero ? nil : event.subject.description
    }
}

extension String {
    fileprivate init?(validating bytes: UnsafeRawBufferPointer, _ slice: Slice) {
        self.init(validating: UnsafeRawBufferPointer(rebasing: bytes[slice.range]).bindMemory(to: UInt8.self).span)
    }
}

extension Statement {
    /// The identity of the workflow that the event is of, if it names one.
    func bind(_ index: Int32, workflowOf event: Event<Slice>?) {
        if let workflow = event?.workflow, workflow != .zero { bind(index, workflow) } else { bindNull(index) }
    }
}
