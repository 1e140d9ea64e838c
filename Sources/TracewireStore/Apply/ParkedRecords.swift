internal import TracewireProtocol

/// The statements on `parked_records`: what waits for a parent that has not arrived.
final class ParkedRecords {
    /// Most records that are given up in one transaction.
    static let expiredAtATime = 256

    /// Most records that may wait.
    let limit: Int
    private let connection: Connection
    private var knownCount: Int?
    private let insertion: Statement
    private let selection: Statement
    private let movement: Statement
    private let deletion: Statement
    private let oldest: Statement
    private let expiry: Statement

    init(_ connection: Connection, limit: Int) throws(StoreError) {
        self.connection = connection
        self.limit = limit
        insertion = try Statement(
            connection,
            """
            INSERT INTO parked_records (producer, sequence, record_index, kind, identity, waits_for_kind, waits_for,
                received_at, record, workflow)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        // In the order in which they came, but a node's end after its start: over two connections the end may have
        // arrived first.
        selection = try Statement(
            connection,
            """
            SELECT producer, sequence, record_index, record, id FROM parked_records
            WHERE id = (SELECT id FROM parked_records WHERE waits_for_kind = ? AND waits_for = ?
                ORDER BY kind = 'node.end', id LIMIT 1)
            """)
        movement = try Statement(
            connection, "UPDATE parked_records SET waits_for_kind = ?2, waits_for = ?3 WHERE id = ?1")
        deletion = try Statement(connection, "DELETE FROM parked_records WHERE id = ?")
        // They were parked in the order of their ids: where one is young enough, the next ones are.
        oldest = try Statement(
            connection,
            """
            SELECT producer, sequence, record_index, record, id, received_at, waits_for_kind, waits_for
            FROM parked_records ORDER BY id LIMIT 1
            """)
        expiry = try Statement(
            connection, "SELECT id, received_at FROM parked_records ORDER BY id LIMIT \(Self.expiredAtATime)")
    }

    /// How many records wait. The database is asked for it once; callers that change it ask before they do.
    func count() throws(StoreError) -> Int {
        if let knownCount { return knownCount }
        let count = Int(try connection.integer("SELECT count(*) FROM parked_records"))
        knownCount = count
        return count
    }

    /// After a rollback.
    func forgetCount() {
        knownCount = nil
    }

    func hasRoom() throws(StoreError) -> Bool {
        try count() < limit
    }

    func insert(
        _ event: Event<Slice>, _ origin: RecordOrigin, _ awaited: Awaited, nowMs: Int64
    ) throws(StoreError) {
        let before = try count()
        insertion.bind(1, origin.producer)
        insertion.bind(2, Int64(bitPattern: origin.sequence))
        insertion.bind(3, Int64(origin.index))
        insertion.bind(4, copying: event.kind.rawValue)
        insertion.bind(5, copying: origin.identity(of: event))
        insertion.bind(6, copying: awaited.kind)
        insertion.bind(7, copying: awaited.identity)
        insertion.bind(8, nowMs)
        insertion.bind(9, blob: origin.text(origin.encoded))
        insertion.bind(10, workflowOf: event)
        try insertion.run()
        knownCount = before + 1
    }

    /// The next record that waits for `awaited`, if any does.
    func next(_ awaited: Awaited) throws(StoreError) -> KeptRecord? {
        defer { selection.reset() }
        selection.bind(1, copying: awaited.kind)
        selection.bind(2, copying: awaited.identity)
        guard try selection.step() else { return nil }
        return KeptRecord(id: selection.integer(4), selection)
    }

    /// The oldest record, and what it waits for, if it was parked before that time: one at a time, as it may be large.
    func expired(before timeMs: Int64) throws(StoreError) -> (record: KeptRecord, awaited: String)? {
        defer { oldest.reset() }
        guard try oldest.step(), oldest.integer(5) < timeMs else { return nil }
        return (KeptRecord(id: oldest.integer(4), oldest), "\(oldest.text(6)) \(oldest.text(7))")
    }

    /// Forgets the oldest records that were parked before that time. Returns whether there may be more.
    func deleteExpired(before timeMs: Int64) throws(StoreError) -> Bool {
        var ids: [Int64] = []
        while try expiry.step(), expiry.integer(1) < timeMs { ids.append(expiry.integer(0)) }
        expiry.reset()
        for id in ids { try delete(id) }
        return ids.count == Self.expiredAtATime
    }

    /// The record has to wait for something else too.
    func move(_ id: Int64, to awaited: Awaited) throws(StoreError) {
        movement.bind(1, id)
        movement.bind(2, copying: awaited.kind)
        movement.bind(3, copying: awaited.identity)
        try movement.run()
    }

    /// `false` if there is none.
    @discardableResult
    func delete(_ id: Int64) throws(StoreError) -> Bool {
        let before = try count()
        deletion.bind(1, id)
        try deletion.run()
        guard connection.changes == 1 else { return false }
        knownCount = before - 1
        return true
    }
}
