internal import Synchronization
internal import TracewireProtocol

/// The queue in memory: it dies with the process.
///
/// Records are encoded straight into the chunk that becomes their batch, under a lock that is held for the copy and
/// across no system call.
final class MemoryRecordQueue: RecordQueue {
    /// From this size on a record is encoded before the lock is taken, into a chunk of its own.
    private static let largeRecordBytes = 64 << 10

    private let limits: QueueLimits
    private let state: Mutex<MemoryQueueState>

    /// - Parameters:
    ///   - memoryLimit: bytes of encoded records that may be held.
    ///   - batchBytes: size from which on a batch is full.
    ///   - batchRecords: most records in a batch.
    init(memoryLimit: Int, batchBytes: Int, batchRecords: Int) {
        limits = QueueLimits(memory: memoryLimit, batchBytes: batchBytes, batchRecords: batchRecords)
        state = Mutex(MemoryQueueState(limits))
    }

    func append(_ record: Record<String>) -> Appended {
        let size = record.largestEncodedSize
        if let fault = limits.fault(size) { return appendBare(record, fault) }
        guard size >= Self.largeRecordBytes else {
            return state.withLock { $0.append(record, size) }
        }
        // Asked first, so that a record that will be shed is not encoded for nothing.
        guard hasRoom(bytes: size) else {
            return state.withLock { $0.shed(record) }
        }
        var chunk = RecordChunk(firstOrdinal: 0, capacity: size)
        _ = chunk.append(record)
        return state.withLock { $0.append(chunk, of: record) }
    }

    /// A record that is too large is about the life of a workflow all the same, or it is refused.
    private func appendBare(_ record: Record<String>, _ fault: RecordFault) -> Appended {
        guard let bare = record.withoutPayload, limits.fault(bare.largestEncodedSize) == nil else {
            return state.withLock { $0.refuse(fault) }
        }
        var appended = state.withLock { $0.appendBare(bare) }
        appended.payloadFault = fault
        return appended
    }

    func forgiveShed(_ kind: EventKind) {
        state.withLock { $0.forgiveShed(kind) }
    }

    func appendOwed(_ record: Record<String>, hadPayload: Bool) -> Appended {
        let size = record.largestEncodedSize
        guard limits.fault(size) == nil else { return Appended(outcome: .shed) }
        return state.withLock { $0.appendOwed(record, size, hadPayload) }
    }

    func countShed(_ kind: EventKind) -> Appended {
        state.withLock { $0.countShed(kind) }
    }

    func countRefused() {
        state.withLock { $0.counts.refused += 1 }
    }

    func close(takesOwed: Bool) {
        state.withLock { $0.close(takesOwed: takesOwed) }
    }

    func batch(_ sequence: UInt64, _ limits: BatchLimits, allowsPartial: Bool) -> NextBatch {
        state.withLock { $0.batch(sequence, limits, allowsPartial: allowsPartial) }
    }

    func acknowledge(through sequence: UInt64, verdicts: [Verdict]?) {
        // Freed outside of the lock: giving back megabytes may be a system call.
        let released = state.withLock { $0.release(through: sequence, verdicts: verdicts) }
        let rejections = released.rejections()
        if !rejections.isEmpty { state.withLock { $0.keep(rejections) } }
    }

    func renumber() {
        state.withLock { $0.renumber() }
    }

    func rest() -> Bool {
        state.withLock { $0.rest() }
    }

    var sequences: HeldSequences { state.withLock { $0.sequences } }
    var progress: QueueProgress { state.withLock { $0.progress } }
    var counts: DeliveryCounts { state.withLock { $0.counts } }

    func hasRoom(bytes: Int) -> Bool {
        state.withLock { $0.heldBytes + bytes <= limits.payloadRoom || $0.heldBytes == 0 }
    }
}

/// What bounds a queue.
struct QueueLimits: Sendable {
    /// A record up to this size is about the life of a workflow, not about its contents.
    static let lifecycleBytes = 1024

    let memory: Int
    let batchBytes: Int
    let batchRecords: Int

    /// What records with payloads may fill: the last eighth is kept for the small ones that say how things ended.
    var payloadRoom: Int { memory - memory / 8 }

    func room(_ size: Int) -> Int { size <= Self.lifecycleBytes ? memory : payloadRoom }

    /// Why a record of that size can never be sent; `nil` if it can.
    func fault(_ size: Int) -> RecordFault? {
        let limit = min(Limits.recordBytes, payloadRoom)
        guard size > limit else { return nil }
        return RecordFault(
            .tooLarge, "the record has about \(size) bytes, more than the \(limit) that the limits leave for one")
    }
}

/// Batches that the collector has answered for, and what it said of them.
struct ReleasedBatches: Sendable {
    var batches: [UInt64: RecordChunk] = [:]
    var verdicts: [Verdict] = []
    /// How many rejections there is still place for.
    var place = 0

    /// Read back from the records, as many as there is place for.
    func rejections() -> [Rejection] {
        verdicts.lazy.filter { $0.code.isRejection }.prefix(place).compactMap { verdict in
            batches[verdict.sequence].map { $0.rejection(verdict) }
        }
    }
}
