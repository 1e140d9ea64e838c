import Foundation
import Synchronization
import TracewireProtocol

@testable import Tracewire

/// A directory of spools that is removed after the test.
struct SpoolFixture: ~Copyable {
    let directory: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("tracewire-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        directory = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A new spool and the queue that writes to it; all work is done at once.
    func queue(
        disk: Int = 8 << 20, batchBytes: Int = 4096, batchRecords: Int = 100, segmentBytes: Int = 16 << 10,
        destination: String = "127.0.0.1:4747"
    ) throws -> RecordQueue {
        let spool = try Spool.create(in: directory, Identifier(milliseconds: 1), destination)
        let limits = QueueLimits(
            memory: 1 << 20, disk: disk, batchBytes: batchBytes, batchRecords: batchRecords, segmentBytes: segmentBytes)
        return RecordQueue(limits, SegmentFiles(spool))
    }

    /// What the only spool in the directory holds for whoever comes after its process.
    func recover() throws -> (spool: Spool, recovered: RecoveredSpool) {
        guard let path = try SpoolDirectory.spools(in: directory).first, let spool = try Spool.take(path) else {
            throw FakeCollectorError.closed
        }
        return (spool, try RecoveredSpool(spool))
    }

    /// The segments' files, in their order.
    func segments() throws -> [String] {
        guard let path = try SpoolDirectory.spools(in: directory).first else { return [] }
        return try SpoolDirectory.names(in: path).filter { $0.hasSuffix(SpoolFormat.segmentSuffix) }.sorted()
            .map { "\(path)/\($0)" }
    }
}

extension RecordQueue {
    /// As if the process had died: the files stay, and nobody holds them.
    func abandon() {
        files.spool?.owner.release()
    }

    /// A queue of what was left.
    static func adopting(_ spool: Spool, _ recovered: RecoveredSpool) -> RecordQueue {
        let limits = QueueLimits(
            memory: 1 << 20, disk: 8 << 20, batchBytes: 4096, batchRecords: 100, segmentBytes: 16 << 10)
        return RecordQueue(limits, SegmentFiles(spool), recovered: recovered)
    }

    /// The batches from `sequence` on, read back where they must be.
    func batches(from sequence: UInt64 = 1) -> [QueuedBatch] {
        let wide = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
        var batches: [QueuedBatch] = []
        while true {
            switch batch(sequence + UInt64(batches.count), wide, allowsPartial: true) {
            case .batch(let batch): batches.append(batch)
            case .away: continue
            case .empty, .onlyPartial, .mustRenumber: return batches
            }
        }
    }
}

extension [QueuedBatch] {
    /// The names of the users in them.
    var usernames: [String] {
        flatMap { batch in
            let incoming = try? IncomingBatch(producer: .zero, epoch: 1, sequence: batch.sequence, bytes: batch.bytes)
            return incoming?.usernames ?? []
        }
    }
}

/// How often something was said.
final class Said: Sendable {
    let count = Atomic<Int>(0)

    func note() {
        count.add(1, ordering: .relaxed)
    }

    var isSaid: Bool { count.load(ordering: .relaxed) > 0 }
}
