internal import NIOConcurrencyHelpers
internal import TracewireProtocol

// How the collector hears of what was shed.
extension RecordQueue {
    /// Appends reports of what was shed since they were last made, as far as there is room.
    ///
    /// - Parameter waitsForRoom: whether to leave it while there is little room, so that records are not shed for reports.
    /// - Returns: how many, and what the sender must be told, if anything.
    func reportShed(waitsForRoom: Bool) -> (reports: Int, wake: Appended.Wake?) {
        var reports = 0
        var wake: Appended.Wake?
        while let report = state.withLockedValue({ $0.takeShedReport(waitsForRoom: waitsForRoom) }) {
            let record = Record(atMs: WallClock.nowMs(), event: Event<String>.workflowShed(report))
            let placement = place(record, record.largestEncodedSize, isOwed: true)
            guard placement.outcome == .queued else {
                state.withLockedValue { $0.tally.putBack(report) }
                break
            }
            reports += 1
            wake = placement.wake ?? wake
        }
        return (reports, wake)
    }
}

extension QueueState {
    fileprivate mutating func takeShedReport(waitsForRoom: Bool) -> WorkflowShed? {
        guard tally.hasReports, !waitsForRoom || tally.isHalfFull || isHalfEmpty else { return nil }
        return tally.takeReport()
    }
}
