internal import NIOConcurrencyHelpers
internal import TracewireProtocol
internal import TracewireStore

/// What the collector counts, for `status`.
final class CollectorCounters: Sendable {
    struct Values: Sendable {
        var connections = 0
        var connectionsTotal = 0
        var connectionsRefused = 0
        var offences = 0
        var connectionsShutOut = 0
        var bytesReceived = 0
        var batches = 0
        var batchBytes = 0
        var duplicateBatches = 0
        var records = 0
        var rejected = 0
        var parked = 0
        var rate = CommittedRate()
        var commits = 0
        var commitsFailed = 0
        var lastStoreError: String?
        var maintenanceError: String?
        var retention = RetentionTally()
        var queries = 0
        var queriesFailed = 0
        /// Those that wait for their clients now.
        var queriesStalled = 0
    }

    private let values = NIOLockedValueBox(Values())

    var snapshot: Values { values.withLockedValue { $0 } }

    func add(_ change: (inout Values) -> Void) {
        values.withLockedValue { change(&$0) }
    }

    func committed(_ group: [PendingBatch], _ outcome: GroupOutcome) {
        add { values in
            values.commits += 1
            // A batch that had been committed before writes nothing, and says nothing of the disk.
            if outcome.batches.contains(where: { if case .committed = $0 { true } else { false } }) {
                values.lastStoreError = nil
            }
            for (pending, outcome) in zip(group, outcome.batches) {
                switch outcome {
                case .committed(let verdicts):
                    values.batches += 1
                    values.batchBytes += pending.batch.bytes.count
                    values.records += pending.batch.records.count
                    values.rate.add(records: pending.batch.records.count, bytes: pending.batch.bytes.count)
                    values.parked += verdicts.count { $0.code == .parked }
                case .duplicate: values.duplicateBatches += 1
                case .refused: break
                }
            }
        }
    }

    func commitFailed(_ error: StoreError) {
        add { $0.commitsFailed += 1 }
        storeFailed(error)
    }

    /// The next commit shows that the trouble is over.
    func storeFailed(_ error: StoreError) {
        add { $0.lastStoreError = "\(error)" }
    }

    /// - Parameter error: why the last step of maintenance failed; `nil` if it did not.
    func maintained(_ error: StoreError?) {
        add { $0.maintenanceError = error.map { "\($0)" } }
    }
}
