internal import TracewireProtocol

// What a client says of itself.
extension ClientCore {
    var report: DeliveryReport {
        let counts = queue.counts
        var report = DeliveryReport()
        report.committed = counts.committed
        report.committedUnseen = counts.committedUnseen
        report.parked = counts.parked
        report.rejected = counts.rejected
        report.shed = counts.shed.values.reduce(0, +)
        report.payloadsShed = counts.payloadsShed.values.reduce(0, +)
        report.refused = counts.refused + counts.oversized
        report.oversized = counts.oversized
        report.unknown =
            counts.recorded - counts.committed - counts.parked - counts.rejected - counts.oversized - counts.unreadable
        report.spooled = queue.spooled
        report.unreadable = counts.unreadable
        report.rejections = counts.rejections
        report.error = sender.currentCounts.lastError
        return report
    }

    var statistics: ClientStatistics {
        let counts = queue.counts
        let sent = sender.currentCounts
        var statistics = ClientStatistics()
        statistics.recorded = counts.recorded
        statistics.committed = counts.committed
        statistics.committedUnseen = counts.committedUnseen
        statistics.parked = counts.parked
        statistics.rejected = counts.rejected
        statistics.refused = counts.refused + counts.oversized
        statistics.shed = counts.shed
        statistics.payloadsShed = counts.payloadsShed
        statistics.queuedBytes = queue.progress.heldBytes
        statistics.rawBytesSent = sent.rawBytes
        statistics.wireBytesSent = sent.wireBytes
        statistics.reconnects = max(0, sent.connections - 1)
        statistics.lastError = sent.lastError
        statistics.lastErrorCode = sent.lastErrorCode
        return statistics
    }
}
