internal import TracewireProtocol

/// What was shed, by workflow, and not all of it reported yet.
struct ShedTally: Sendable {
    /// Workflows that are counted at once. Of further ones only the queue's own counts know.
    static let limit = 1_024

    private struct Count {
        let source: Identifier
        var records: Int64 = 0
        var payloads: Int64 = 0
        var isReported = false
    }

    private var counts: [Identifier: Count] = [:]
    private var unreported: [Identifier] = []

    var hasReports: Bool { !unreported.isEmpty }
    /// Whether reports should not wait any longer.
    var isHalfFull: Bool { unreported.count > Self.limit / 2 }

    mutating func add(_ workflow: Identifier?, records: Int64 = 0, payloads: Int64 = 0) {
        guard let workflow, workflow != .zero, hasRoom(for: workflow) else { return }
        var count = counts[workflow] ?? Count(source: Identifier(milliseconds: WallClock.nowMs()), isReported: true)
        count.records += records
        count.payloads += payloads
        if count.isReported { unreported.append(workflow) }
        count.isReported = false
        counts[workflow] = count
    }

    private mutating func hasRoom(for workflow: Identifier) -> Bool {
        if counts.count < Self.limit || counts[workflow] != nil { return true }
        // What is reported may be forgotten: more of it will have another source, and is added up by the collector.
        counts = counts.filter { !$0.value.isReported }
        return counts.count < Self.limit
    }

    /// The counts of one workflow, as the collector is to hear them.
    mutating func takeReport() -> WorkflowShed? {
        guard let workflow = unreported.popLast(), let count = counts[workflow] else { return nil }
        counts[workflow]?.isReported = true
        return WorkflowShed(
            workflow: workflow, source: count.source, records: count.records, payloads: count.payloads)
    }

    /// There was no room for the report: it is made again.
    mutating func putBack(_ report: WorkflowShed) {
        add(report.workflow)
    }
}

/// A record that was shed, or is to be without its payload.
struct ShedRecord: Equatable, Sendable {
    let kind: EventKind
    let workflow: Identifier?

    init(_ event: Event<String>) {
        (kind, workflow) = (event.kind, event.workflow)
    }
}
