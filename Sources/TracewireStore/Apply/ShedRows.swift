internal import TracewireProtocol

/// The statement on `sheds`.
final class ShedRows {
    private let insertion: Statement

    init(_ connection: Connection) throws(StoreError) {
        // The counts only grow: what comes again, or late, changes nothing.
        insertion = try Statement(
            connection,
            """
            INSERT INTO sheds (workflow_id, source, records, payloads, reported_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (workflow_id, source) DO UPDATE SET records = max(records, excluded.records),
                payloads = max(payloads, excluded.payloads), reported_at = max(reported_at, excluded.reported_at)
            """)
    }

    func note(_ shed: WorkflowShed, of workflow: Int64, at: Int64) throws(StoreError) {
        insertion.bind(1, workflow)
        insertion.bind(2, shed.source)
        insertion.bind(3, shed.records ?? 0)
        insertion.bind(4, shed.payloads ?? 0)
        insertion.bind(5, at)
        try insertion.run()
    }
}
