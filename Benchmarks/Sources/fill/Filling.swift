import Synthetic
import TracewireProtocol
import TracewireStore

/// Commits runs to a database, many at a time.
struct Filling {
    private static let runsPerBatch = 64
    private static let batchesPerCommit = 8

    private let writer: StoreWriter
    private let producer = Identifier(milliseconds: 1)
    private var sequence: UInt64 = 0

    struct Refused: Error {
        let outcome: BatchOutcome
    }

    init(path: String) throws {
        writer = try StoreWriter(path: path)
        let opening = ProducerOpening(
            id: producer, epoch: 1, nextSequence: 1, clientName: "fill", nowMs: SyntheticRun.endMs)
        _ = try writer.commit([], openings: [opening], nowMs: SyntheticRun.endMs)
    }

    mutating func fill(_ runs: SyntheticRuns) throws {
        try commit([runs.userRecords])
        let step = Self.runsPerBatch * Self.batchesPerCommit
        for first in stride(from: 0, to: runs.count, by: step) {
            let batches = stride(from: first, to: min(first + step, runs.count), by: Self.runsPerBatch).map { start in
                (start..<min(start + Self.runsPerBatch, runs.count)).flatMap { runs.run($0).records }
            }
            try commit(batches)
        }
        while try writer.maintain(isIdle: true) {}
        while try writer.foldRollups(nowMs: SyntheticRun.endMs) {}
        writer.close()
    }

    private mutating func commit(_ batches: [[Record<String>]]) throws {
        var encoded: [IncomingBatch] = []
        for records in batches {
            sequence += 1
            var body = WireWriter()
            for record in records { body.appendBatchEntry(record) }
            encoded.append(
                try IncomingBatch(producer: producer, epoch: 1, sequence: sequence, bytes: body.bytes))
        }
        let group = try writer.commit(encoded, openings: [], nowMs: SyntheticRun.endMs)
        for outcome in group.batches where outcome != .committed([]) { throw Refused(outcome: outcome) }
    }
}
