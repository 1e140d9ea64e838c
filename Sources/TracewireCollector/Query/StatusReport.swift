internal import TracewireProtocol

/// The collector's own figures, as rows of `name` and `value`, which `status` puts below the store's `counts`.
struct StatusReport: Sendable {
    static let name = "status"

    let startedMs: Int64
    let configuration: CollectorConfiguration
    let databasePath: String
    let queue: CommitQueue
    let budget: CreditBudget
    let counters: CollectorCounters
    let access: AccessControl
    let certificates: ServerCertificates?
    let name: String

    /// How many rows, and the body of `ROWS` that holds them.
    ///
    /// - Parameters:
    ///   - isOperator: whether whoever asks looks after the whole collector. Others get NULL for what tells of that.
    ///   - project: where it is asked.
    func rows(isOperator: Bool, in project: ProjectName) -> (Int, [UInt8]) {
        let figures = figures().map { figure, value in
            (figure.name, isOperator ? value : figure.shown(value, in: project))
        }
        var writer = RowsWriter()
        for (name, value) in figures {
            writer.value(.text(name))
            writer.value(value)
            writer.endRow()
        }
        return (figures.count, writer.take())
    }

    /// The collector's part of ``StatusFigure/all``, as it is now.
    func figures() -> [(figure: StatusFigure, value: Value)] {
        let now = CollectorFigures(
            name: name, uptimeMs: WallClock.nowMs() - startedMs, residentBytes: ProcessMemory.residentBytes,
            diskFreeBytes: DiskSpace.freeBytes(at: databasePath), counted: counters.snapshot, queueBytes: queue.bytes,
            creditBytesGranted: budget.bytesGranted, oldestUnacknowledged: queue.oldestAge,
            certificateExpiresMs: certificates?.expiresMs, certificateFailure: certificates?.failure,
            tokensFailure: access.failure,
            retain: configuration.retain, maximumDiskBytes: configuration.maximumDiskBytes)
        return StatusFigure.all.compactMap { figure in
            guard case .collector(let value) = figure.source else { return nil }
            return (figure, value(now))
        }
    }
}
