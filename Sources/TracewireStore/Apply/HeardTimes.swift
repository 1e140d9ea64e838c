internal import TracewireProtocol

/// Remembers in `workflows.heard_at` when the collector last accepted a record of a workflow, by the collector's clock:
/// the clients' clocks tell when something happened, which may be long ago.
///
/// A row is written only when what it says is ``grainMs`` old, so that a workflow costs a write now and then, whatever
/// its traffic. Who judges by the column allows for it.
final class HeardTimes {
    /// How much older than the truth `heard_at` may be, in milliseconds.
    static let grainMs: Int64 = 10_000

    private let update: Statement
    private var due: [LiveWorkflow] = []

    init(_ connection: Connection) throws(StoreError) {
        update = try Statement(connection, "UPDATE workflows SET heard_at = ?2 WHERE id = ?1")
    }

    func note(_ workflow: LiveWorkflow, nowMs: Int64) {
        guard nowMs.subtractingClamped(workflow.heardAt) >= Self.grainMs else { return }
        workflow.heardAt = nowMs
        due.append(workflow)
    }

    func flush() throws(StoreError) {
        for workflow in due {
            update.bind(1, workflow.id)
            update.bind(2, workflow.heardAt)
            try update.run()
        }
        due.removeAll(keepingCapacity: true)
    }

    /// Forgets everything, after a rollback.
    func discard() {
        due.removeAll()
    }
}
