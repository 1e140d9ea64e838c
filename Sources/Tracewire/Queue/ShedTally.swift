internal import TracewireProtocol

/// What was shed, by workflow, and not all of it reported yet.
struct ShedTally: Sendable {
    /// Counts that are kept at once. What is shed of further workflows only the queue's own counts know.
    static let limit = 1_024

    private struct Count {
        let workflow: Identifier
        let row: Int
        var records: Int64 = 0
        var payloads: Int64 = 0
        /// Steps that will be tried again: lost if the process dies before.
        var owed: Int64 = 0
        var isReported = false

        var mayBeForgotten: Bool { isReported && owed == 0 }
    }

    /// Where the counts outlive the process; `nil` where nothing does.
    private let ledger: ShedLedger?
    /// By their source: what one process has shed of a workflow. What a process before has shed has sources of its own.
    private var counts: [Identifier: Count] = [:]
    /// The source under which more of a workflow is counted.
    private var sources: [Identifier: Identifier] = [:]
    private var unreported: [Identifier] = []
    private var freeRows: [Int]
    /// Whether there may be something to forget: looked for once, not with each record that is shed.
    private var mayForget = false

    /// - Parameter left: what a process that is gone had shed, to be said as it had counted it.
    init(_ ledger: ShedLedger? = nil, left: [ShedLedger.Row] = []) {
        self.ledger = ledger
        let taken = Set(left.map(\.number))
        freeRows = (0..<Self.limit).reversed().filter { !taken.contains($0) }
        for row in left {
            var count = Count(workflow: row.counts.workflow, row: row.number)
            (count.records, count.payloads) = (row.counts.records, row.counts.payloads)
            counts[row.counts.source] = count
            unreported.append(row.counts.source)
        }
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

    /// Steps of which nobody can say whether they will be tried again are lost, as far as anybody knows.
    mutating func giveUp(_ workflow: Identifier?, _ steps: Int) {
        change(workflow) { count in
            count.owed -= Int64(steps)
            count.records += Int64(steps)
            return true
        }
    }

    /// - Parameter body: changes the counts; returns whether they are to be reported.
    private mutating func change(_ workflow: Identifier?, _ body: (inout Count) -> Bool) {
        guard let workflow, workflow != .zero, let source = source(of: workflow), var count = counts[source] else {
            return
        }
        if body(&count), count.isReported {
            unreported.append(source)
            count.isReported = false
        }
        mayForget = mayForget || count.mayBeForgotten
        counts[source] = count
        ledger?.write(
            ShedCounts(
                workflow: workflow, source: source, records: count.records + count.owed, payloads: count.payloads),
            row: count.row)
    }

    /// Begins to count, if nothing of the workflow is counted yet and there is a row.
    private mutating func source(of workflow: Identifier) -> Identifier? {
        if let source = sources[workflow] { return source }
        if freeRows.isEmpty { forgetReported() }
        guard let row = freeRows.popLast() else { return nil }
        let source = Identifier(milliseconds: WallClock.nowMs())
        sources[workflow] = source
        counts[source] = Count(workflow: workflow, row: row, isReported: true)
        return source
    }

    /// What is reported may be forgotten: more of it will have another source, and is added up by the collector.
    private mutating func forgetReported() {
        guard mayForget else { return }
        mayForget = false
        for (source, count) in counts where count.mayBeForgotten {
            freeRows.append(count.row)
            counts[source] = nil
            if sources[count.workflow] == source { sources[count.workflow] = nil }
        }
    }

    /// The counts of one source, as the collector is to hear them.
    mutating func takeReport() -> WorkflowShed? {
        guard let source = unreported.popLast(), let count = counts[source] else { return nil }
        counts[source]?.isReported = true
        mayForget = true
        return WorkflowShed(
            workflow: count.workflow, source: source, records: count.records, payloads: count.payloads)
    }

    /// There was no room for the report: it is made again.
    mutating func putBack(_ report: WorkflowShed) {
        guard counts[report.source]?.isReported == true else { return }
        counts[report.source]?.isReported = false
        unreported.append(report.source)
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
