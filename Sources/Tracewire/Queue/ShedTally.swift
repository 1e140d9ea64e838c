internal import TracewireProtocol

/// What was shed, by workflow, and not all of it reported yet.
struct ShedTally: Sendable {
    /// Workflows that are counted at once. Of further ones only the queue's own counts know.
    static let limit = 1_024

    private struct Count {
        let source: Identifier
        let row: Int
        var records: Int64 = 0
        var payloads: Int64 = 0
        /// Steps that will be tried again: lost if the process dies before.
        var owed: Int64 = 0
        var isReported = false
    }

    /// Where the counts outlive the process; `nil` where nothing does.
    private let ledger: ShedLedger?
    private var counts: [Identifier: Count] = [:]
    private var unreported: [Identifier] = []
    private var freeRows = Array((0..<Self.limit).reversed())

    init(_ ledger: ShedLedger? = nil) {
        self.ledger = ledger
    }

    var hasReports: Bool { !unreported.isEmpty }
    /// Whether reports should not wait any longer.
    var isHalfFull: Bool { unreported.count > Self.limit / 2 }

    mutating func add(_ workflow: Identifier?, records: Int64 = 0, payloads: Int64 = 0) {
        change(workflow) { count in
            count.records += records
            count.payloads += payloads
            return true
        }
    }

    /// Counts steps that will be tried again, and takes them back when they were.
    mutating func owe(_ workflow: Identifier?, _ steps: Int) {
        change(workflow) { count in
            count.owed += Int64(steps)
            return false
        }
    }

    /// What a process that is gone had shed, to be said under the sources that it had.
    mutating func adopt(_ counts: [ShedCounts]) {
        for shed in counts {
            change(shed.workflow, source: shed.source) { count in
                (count.records, count.payloads) = (shed.records, shed.payloads)
                return true
            }
        }
    }

    /// - Parameter body: changes the counts; returns whether they are to be reported.
    private mutating func change(
        _ workflow: Identifier?, source: @autoclosure () -> Identifier = Identifier(milliseconds: WallClock.nowMs()),
        _ body: (inout Count) -> Bool
    ) {
        guard let workflow, workflow != .zero, var count = counts[workflow] ?? begin(source()) else { return }
        if body(&count), count.isReported {
            unreported.append(workflow)
            count.isReported = false
        }
        counts[workflow] = count
        ledger?.write(
            ShedCounts(
                workflow: workflow, source: count.source, records: count.records + count.owed, payloads: count.payloads),
            row: count.row)
    }

    private mutating func begin(_ source: Identifier) -> Count? {
        if freeRows.isEmpty { forgetReported() }
        return freeRows.popLast().map { Count(source: source, row: $0, isReported: true) }
    }

    /// What is reported may be forgotten: more of it will have another source, and is added up by the collector.
    private mutating func forgetReported() {
        let forgotten = counts.filter { $0.value.isReported && $0.value.owed == 0 }
        freeRows = forgotten.map(\.value.row)
        for workflow in forgotten.keys { counts[workflow] = nil }
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
