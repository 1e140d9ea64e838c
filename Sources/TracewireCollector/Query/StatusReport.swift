internal import TracewireProtocol

/// The collector's own figures, as rows of `name` and `value`, which `status` puts below the store's `counts`.
struct StatusReport: Sendable {
    static let name = "status"

    let startedMs: Int64
    let queue: CommitQueue
    let budget: CreditBudget
    let counters: CollectorCounters
    let name: String

    /// How many rows, and the body of `ROWS` that holds them.
    func rows() -> (Int, [UInt8]) {
        let values = counters.snapshot
        var rows: [(String, Value)] = [
            ("collector", .text(name)),
            ("uptime_ms", .integer(WallClock.nowMs() - startedMs)),
            ("resident_bytes", .integer(ProcessMemory.residentBytes)),
        ]
        let figures: [(String, Int)] = [
            ("connections", values.connections), ("connections_total", values.connectionsTotal),
            ("connections_refused", values.connectionsRefused), ("wire_bytes_received", values.bytesReceived),
            ("batches", values.batches), ("batch_bytes", values.batchBytes),
            ("batches_duplicate", values.duplicateBatches), ("records", values.records),
            ("records_rejected", values.rejected), ("records_parked", values.parked), ("commits", values.commits),
            ("commits_failed", values.commitsFailed), ("queue_bytes", queue.bytes),
            ("credit_bytes_granted", budget.bytesGranted), ("queries", values.queries),
            ("queries_failed", values.queriesFailed), ("queries_stalled", values.queriesStalled),
        ]
        rows += figures.map { ($0.0, .integer(Int64($0.1))) }
        let rate = values.rate.rate()
        rows += [
            ("records_per_second", .real((rate.records * 10).rounded() / 10)),
            ("batch_bytes_per_second", .integer(Int64(rate.bytes))),
            ("oldest_unacknowledged_ms", .integer(queue.oldestAge?.wholeMilliseconds ?? 0)),
        ]
        rows += [
            ("store_error", values.lastStoreError.map(Value.text) ?? .null),
            ("maintenance_error", values.maintenanceError.map(Value.text) ?? .null),
        ]
        var writer = RowsWriter()
        for (name, value) in rows {
            writer.value(.text(name))
            writer.value(value)
            writer.endRow()
        }
        return (rows.count, writer.take())
    }
}
